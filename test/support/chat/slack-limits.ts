import { z } from 'zod';

/**
 * Block Kit as docs.slack.dev states it, with the limits of each text, as far as we write it: what is not here, Slack may
 * know, and we must not send.
 */
const plain = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
/** The one markup that may be there: who is to be rung. */
const mentions = z.strictObject({
  type: z.literal('mrkdwn'),
  text: z.string().regex(/^<@[UW][A-Z0-9]+>( <@[UW][A-Z0-9]+>)*$/),
});
const confirmSchema = z.strictObject({
  title: plain(100),
  text: plain(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
});
const buttonSchema = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: z.string().min(1).max(255),
  value: z.string().max(2_000),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirmSchema.optional(),
});
const blockSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plain(150) }),
  z.strictObject({ type: z.literal('section'), text: plain(3_000), accessory: buttonSchema.optional() }),
  z.strictObject({
    type: z.literal('rich_text'),
    elements: z
      .array(
        z.strictObject({
          type: z.literal('rich_text_preformatted'),
          elements: z.array(z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(4_000) })).length(1),
        }),
      )
      .length(1),
  }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mentions).min(1).max(10) }),
  z.strictObject({ type: z.literal('actions'), elements: z.array(buttonSchema).min(1).max(25) }),
]);
const messageSchema = z
  .strictObject({
    response_type: z.enum(['ephemeral', 'in_channel']),
    replace_original: z.boolean(),
    text: z.string().min(1).max(40_000),
    mrkdwn: z.literal(false),
    parse: z.literal('none'),
    unfurl_links: z.literal(false),
    unfurl_media: z.literal(false),
    blocks: z.array(blockSchema).min(1).max(50),
  })
  .refine(({ blocks }) => blocks.every(isOnce), { error: 'an action_id twice in a block' })
  .refine(({ blocks }) => blocks.reduce((sum, block) => sum + charactersOf(block), 0) <= 13_000, {
    error: 'too many characters',
  });
const viewSchema = z.strictObject({
  type: z.literal('modal'),
  callback_id: z.string().min(1).max(255),
  title: plain(24),
  submit: plain(24),
  close: plain(24),
  private_metadata: z.string().max(3_000),
  blocks: z
    .array(
      z.strictObject({
        type: z.literal('input'),
        block_id: z.string().max(255),
        label: plain(2_000),
        element: z.strictObject({
          type: z.literal('plain_text_input'),
          action_id: z.string().max(255),
          multiline: z.boolean(),
          min_length: z.int().min(0).max(3_000),
          max_length: z.int().min(1).max(3_000),
        }),
      }),
    )
    .min(1)
    .max(100),
});

/** A button as Slack shows it. */
export type SlackButton = z.infer<typeof buttonSchema>;
type Block = z.infer<typeof blockSchema>;
/** A message as Slack takes it. */
export type SlackPayload = z.infer<typeof messageSchema>;
/** A modal as Slack takes it. */
export type SlackView = z.infer<typeof viewSchema>;

const isOnce = (block: Block): boolean =>
  block.type !== 'actions' || new Set(block.elements.map(({ action_id }) => action_id)).size === block.elements.length;

/** A block's text, a picture's too. */
export function textOfBlock(block: Block): string {
  if (block.type === 'rich_text')
    return block.elements.flatMap(({ elements }) => elements.map(({ text }) => text)).join('\n');
  return 'text' in block ? block.text.text : '';
}

const charactersOf = (block: Block): number => textOfBlock(block).length;

const faultsOf = (schema: z.ZodType, value: unknown): readonly string[] =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

/** What Slack would refuse of a message. */
export const slackFaults = (message: unknown): readonly string[] => faultsOf(messageSchema, message);

/** What Slack would refuse of a modal. */
export const viewFaults = (view: unknown): readonly string[] => faultsOf(viewSchema, view);

import { z } from 'zod';

/** Cards of JSON 2.0 as open.feishu.cn states them, as far as we write them: what is not here we must not send. */
const plain = (max: number) => z.strictObject({ tag: z.literal('plain_text'), content: z.string().min(1).max(max) });
const elementSchema = z.discriminatedUnion('tag', [
  z.strictObject({ tag: z.literal('div'), text: plain(4_000) }),
  /** The markup that may be there: who is to be rung, and a picture. */
  z.strictObject({
    tag: z.literal('markdown'),
    content: z.string().regex(/^(<at id=ou_\w+><\/at>( <at id=ou_\w+><\/at>)*|```\n[^`<>&]+\n```)$/),
  }),
  z.strictObject({
    tag: z.literal('button'),
    text: plain(100),
    type: z.enum(['default', 'danger', 'primary']),
    behaviors: z.tuple([z.strictObject({ type: z.literal('callback'), value: z.record(z.string(), z.string()) })]),
    confirm: z.strictObject({ title: plain(100), text: plain(1_000) }).optional(),
  }),
]);
const cardSchema = z.strictObject({
  schema: z.literal('2.0'),
  config: z.strictObject({ update_multi: z.literal(true) }),
  header: z.strictObject({ title: plain(200) }),
  body: z.strictObject({ elements: z.array(elementSchema).max(200) }),
});

/** A card as Feishu takes it. */
export type FeishuPayload = z.infer<typeof cardSchema>;
/** A button of a card. */
export type FeishuButton = Extract<z.infer<typeof elementSchema>, { tag: 'button' }>;

const MAX_CARD_BYTES = 30 * 1024;

/** What Feishu would refuse of a card. */
export const feishuFaults = (card: unknown): readonly string[] => [
  ...(cardSchema.safeParse(card).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []),
  ...(Buffer.byteLength(JSON.stringify(card) ?? '') > MAX_CARD_BYTES ? ['more than 30 KB'] : []),
];

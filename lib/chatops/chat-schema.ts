import { z } from 'zod';
import { placeSchema } from './place-schema.ts';

const ID = '[A-Za-z0-9_.$:@-]+';
const text = z.string({ error: 'write text' }).min(1, { error: 'write text that is not empty' });

/** A person's identity on each platform, as rules and the table write it. IDs, never names: those are chosen by their bearers. */
export const chatIdentityFields = {
  slack: z.string().regex(/^(?:E[A-Z0-9]+\/)?T[A-Z0-9]+\/(?:[UW][A-Z0-9]+|\*)$/, {
    error:
      "write team and user, 'T0123/U0456', with the enterprise before it where there is one; '*' is everybody there",
  }),
  feishu: z.string().regex(new RegExp(`^${ID}/(?:ou_[A-Za-z0-9_]+|\\*)$`), {
    error: "write tenant key and open ID, 'tenant/ou_…'; '*' is everybody there",
  }),
  dingtalk: z.string().regex(new RegExp(`^${ID}/(?:${ID}|\\*)$`), {
    error: "write corporation and staff ID, 'ding…/staff'; '*' is everybody there",
  }),
};

const one = (schema: z.ZodString) =>
  schema.refine((value) => !value.endsWith('/*'), { error: 'write one person here, not everybody' }).optional();

const personSchema = z
  .strictObject({
    /** Who it is: what audit records and rules call this person, whatever chat was used. */
    subject: text,
    slack: one(chatIdentityFields.slack),
    feishu: one(chatIdentityFields.feishu),
    dingtalk: one(chatIdentityFields.dingtalk),
    groups: z.array(text).readonly().default([]),
    claims: z.record(z.string(), text).readonly().default({}),
  })
  .readonly();

const machineSchema = z
  .strictObject({ subject: text.optional(), groups: z.array(text).readonly().default([]) })
  .readonly();

const alertSchema = z
  .strictObject({
    /** The label that names the target. */
    target: text.default('target'),
    /** Where the message goes, `slack:ops`. */
    post: placeSchema,
    groups: z.array(text).readonly().default([]),
  })
  .readonly();

/** The `chat:` part of warden.yaml: who is who, and where alerts go. Secrets are in `CHAT_SECRET`. */
export const chatSchema = z
  .strictObject({
    people: z.array(personSchema).readonly().default([]),
    /** Machines that send Standard Webhooks, by the name in their path. */
    webhooks: z.record(z.string(), machineSchema).readonly().default({}),
    /** Alert senders, by the name in their path. */
    alerts: z.record(z.string(), alertSchema).readonly().default({}),
  })
  .refine(({ people }) => isOnce(people), { error: 'one chat identity stands twice: it can be one person only' })
  .readonly();

/** The `chat:` part as it stands after parsing. */
export type ChatConfig = z.infer<typeof chatSchema>;

function isOnce(people: readonly z.infer<typeof personSchema>[]): boolean {
  const all = people.flatMap(({ slack, feishu, dingtalk }) =>
    Object.entries({ slack, feishu, dingtalk }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    ),
  );
  return new Set(all).size === all.length;
}

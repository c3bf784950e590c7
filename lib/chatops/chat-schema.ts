import { z } from 'zod';
import { forPersonChannels, PLACE } from './channels/channel-names.ts';

/** Where a message goes that was not asked for; see {@link PLACE}. */
export const placeSchema = z
  .string({ error: "write channel and place, 'slack:ops'" })
  .regex(PLACE, { error: "write channel and place, 'slack:ops'" });

const text = z.string({ error: 'write text' }).min(1, { error: 'write text that is not empty' });

/** A person's identity on each platform, as rules and the table write it. */
export const chatIdentityFields = forPersonChannels(({ pattern, error }) => z.string().regex(pattern, { error }));

const onePerson = forPersonChannels((_, name) =>
  chatIdentityFields[name]
    .refine((value) => !value.endsWith('/*'), { error: 'write one person here, not everybody' })
    .optional(),
);

const personSchema = z
  .strictObject({
    /** Who it is: what audit records and rules call this person, whatever chat was used. */
    subject: text,
    ...onePerson,
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
  .refine(({ people }) => isOnce(people), {
    error: 'a chat identity is listed twice: it can belong to one person only',
  })
  .readonly();

function isOnce(people: readonly z.infer<typeof personSchema>[]): boolean {
  const all = people.flatMap((person) =>
    Object.entries(forPersonChannels((_, name) => person[name])).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    ),
  );
  return new Set(all).size === all.length;
}

import { z } from 'zod';
import { forPersonChannels, PLACE } from './channels/channel-names.ts';

/** Where a message goes that was not asked for; see {@link PLACE}. */
export const placeSchema = z
  .string({ error: "write channel and place, 'slack:ops'" })
  .regex(PLACE, { error: "write channel and place, 'slack:ops'" });

const text = z.string({ error: 'write text' }).min(1, { error: 'write text that is not empty' });

/** A person's identity on each platform, as rules and the table write it. */
export const chatIdentityFields = forPersonChannels(({ pattern, error }, name) =>
  z.string().regex(pattern, { error }).describe(`The identity on ${name}: ${error}.`),
);

const onePerson = forPersonChannels((_, name) =>
  chatIdentityFields[name]
    .refine((value) => !value.endsWith('/*'), { error: 'write one person here, not everybody' })
    .optional(),
);

const personSchema = z
  .strictObject({
    subject: text.describe('What the record and rules call this person, in every chat the same.'),
    ...onePerson,
    groups: z.array(text).readonly().default([]).describe('The groups that access rules know the person by.'),
    claims: z
      .record(z.string(), text)
      .readonly()
      .default({})
      .describe('Claims that access rules may ask for, such as `email`.'),
  })
  .readonly();

const machineSchema = z
  .strictObject({
    subject: text.optional().describe('What the record and rules call the machine; its name where left out.'),
    groups: z.array(text).readonly().default([]).describe('The groups that access rules know the machine by.'),
  })
  .readonly();

const alertSchema = z
  .strictObject({
    target: text.default('target').describe('The label of the alert that names the target.'),
    post: placeSchema.describe('Where the message goes, such as `slack:ops`.'),
    groups: z.array(text).readonly().default([]).describe('The groups that access rules know the sender by.'),
  })
  .readonly();

/** The `chat:` part of warden.yaml: who is who, and where alerts go. Secrets are in `CHAT_SECRET`. */
export const chatSchema = z
  .strictObject({
    people: z.array(personSchema).readonly().default([]).describe('Which identities in which chat are which person.'),
    webhooks: z
      .record(z.string(), machineSchema)
      .readonly()
      .default({})
      .describe('Machines that send Standard Webhooks, by the name in their path.'),
    alerts: z
      .record(z.string(), alertSchema)
      .readonly()
      .default({})
      .describe('Senders of alerts, by the name in their path.'),
    approvals: placeSchema.optional().meta({
      description:
        'Where a question is posted that a call of the HTTP API puts: whether a person approves what it ends, `slack:ops`.',
    }),
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

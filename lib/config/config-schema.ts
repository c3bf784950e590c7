import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { forPersonChannels } from '../chatops/channels/channel-names.ts';
import { chatIdentityFields, chatSchema } from '../chatops/chat-schema.ts';
import { reapersSchema } from '../reaper/policy-schema.ts';

const text = z.string({ error: 'write text, in quotes where it looks like a number or a date' });
const someText = text.min(1, { error: 'write text that is not empty' });

const globs = z.array(someText, { error: 'write a list of names; `*` matches any characters' }).readonly();

// Account and role, because a session's name is chosen by its caller, and STS does not tell a role's path.
const roleArn = text.regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@*-]+$/, {
  error: "write account and role without its path: 'arn:aws:iam::123456789012:role/Name'; `*` only in the name",
});

// zod drops a key `__proto__` from a record: a condition would be lost, and the rule would match more.
const claims = z
  .unknown()
  .refine((value) => !(typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')), {
    error: '`__proto__` is not the name of a claim: write another',
    abort: true,
  })
  .pipe(z.record(z.string(), someText, { error: 'write claims as `name: value`' }))
  .refine((value) => Object.keys(value).length > 0, { error: 'write at least one claim as `name: value`' });

const CONDITIONS = ['sub', 'email', 'group', 'role', 'claim', ...Object.keys(chatIdentityFields)].join(', ');

const whoSchema = z
  .strictObject(
    {
      sub: someText.optional().describe('The subject of a JWT; `*` is everybody who has signed in.'),
      email: someText.optional().describe('The verified email address of a JWT; `*@example.com`.'),
      group: someText.optional().describe('A group that the JWT, or the chat table, says the person is in.'),
      role: roleArn.optional().describe('An IAM role, as account and name without its path.'),
      claim: claims.readonly().optional().describe('Further claims of the JWT, all of which must have this value.'),
      ...forPersonChannels((_, name) => chatIdentityFields[name].optional()),
    },
    {
      error: errorOf(`write whom the rule is for: at least one of ${CONDITIONS}`),
    },
  )
  .refine((who) => Object.values(who).some((condition) => condition !== undefined), {
    error: `write at least one of ${CONDITIONS}; \`sub: '*'\` is everybody`,
  })
  .readonly();

const userTemplate = text.regex(/^(?:[^{}*]|\{[^{}*]+\})+$/, {
  error: "write one database user, or a template of a claim such as '{sub}', '{email}', '{email.local}'; no `*`",
});

const approvalSchema = z
  .strictObject(
    {
      by: whoSchema.describe('Who may approve. It is never the person who asks.'),
      within: z
        .string()
        .regex(/^(?:[1-9]|10)m$/, { error: 'write minutes, 1m to 10m' })
        .default('10m')
        .describe('How long the request stays open.'),
    },
    { error: errorOf('write `by:` with whom it takes, and `within:`') },
  )
  .readonly();

const accessRuleSchema = z
  .strictObject(
    {
      who: whoSchema.describe('Whom the rule is for: every field that is given must hold.'),
      targets: globs
        .refine((targets) => targets.length > 0, { error: "write at least one target; '*' is every one" })
        .describe('The names of the targets that it opens; `*` matches any characters.'),
      privileges: z
        .union([z.array(z.enum(['PROCESS', 'SUPER'])).readonly(), z.literal('from-database')], {
          error: 'write a list of PROCESS and SUPER, or the text from-database',
        })
        .default([])
        .describe(
          'PROCESS views all sessions, SUPER ends all; from-database takes what the grants of the database account of the same name say.',
        ),
      users: z
        .array(userTemplate, { error: 'write a list of database users' })
        .readonly()
        .default([])
        .describe("The database users whose sessions are the caller's own; `{email.local}` is filled in from the JWT."),
      statements: z
        .enum(['masked', 'full'], { error: 'write masked or full' })
        .default('masked')
        .describe('Whether statements may be read with their literals. Each such reading is on record.'),
      approval: approvalSchema.optional().describe('A second person must approve each kill in a chat.'),
    },
    { error: errorOf('write a rule: who, targets, and privileges or users') },
  )
  .readonly();

const seconds = z
  .number({ error: 'write a number of seconds' })
  .positive({ error: 'write more than 0 seconds' })
  .max(25, { error: 'write at most 25 seconds, because the gateway gives up after 30' });

const certificates = text.refine(isPem, {
  error: 'write one or more certificates in PEM, -----BEGIN CERTIFICATE----- and so on, after `ca: |`',
});

/** The schema of warden.yaml: strict, with every default. Parse it with `parseConfig`, which adds file and line. */
export const configSchema = z
  .strictObject(
    {
      access: z
        .array(accessRuleSchema, { error: 'write a list of access rules' })
        .readonly()
        .default([])
        .describe('Who may view and end what, on which targets. Without a rule no one may do anything.'),
      protected: z
        .strictObject(
          { users: globs.default([]).describe('Database users; `*` matches any characters.') },
          { error: errorOf('write `users:` with a list of names') },
        )
        .readonly()
        .prefault({})
        .describe('Sessions that no one ends through Session Warden, on top of those that are always protected.'),
      chat: chatSchema.prefault({}).describe('Who is who in a chat, and where alerts go.'),
      identity: z
        .strictObject(
          {
            emailVerified: z.enum(['required', 'unless-false'], { error: 'write required or unless-false' }).meta({
              description:
                'Whose email a rule believes: with `required` only one whose token says `email_verified: true`; with `unless-false` also one whose token says nothing of it. Choose that only for an issuer whose people cannot choose their own address.',
            }),
          },
          { error: errorOf('write `emailVerified:` with required or unless-false') },
        )
        .readonly()
        .optional()
        .describe('How far the claims of a token are believed.'),
      agents: z
        .strictObject(
          {
            approval: z.enum(['required', 'by-rule'], { error: 'write required or by-rule' }).default('required').meta({
              description:
                'Who approves what an agent ends. With `required` a person approves each end, in chat. With `by-rule` an agent needs an approval only where an access rule asks its user for one.',
            }),
            clients: globs.default([]).meta({
              description:
                'Client IDs (`client_id` or `azp`) of tokens that always count as an agent’s, so that an agent cannot leave out the header `Agent`.',
            }),
            roles: z
              .array(roleArn, { error: 'write a list of IAM roles' })
              .readonly()
              .default([])
              .meta({ description: 'IAM roles whose calls always count as an agent’s.' }),
          },
          { error: errorOf('write approval, clients and roles') },
        )
        .readonly()
        .prefault({})
        .describe('What programs that act for a person may do, such as assistants that call `warden mcp`.'),
      requireTags: z
        .boolean({ error: 'write true or false' })
        .default(false)
        .describe('Refuses a kill that names no tag, so that only what was seen is ended.'),
      stop: z
        .boolean({ error: 'write true or false' })
        .default(false)
        .meta({ description: 'Stops every kill of every kind at once.' }),
      reapers: reapersSchema.default([]).describe('Rules that end sessions on a schedule.'),
      tls: z
        .strictObject(
          { ca: certificates.optional().describe('Certificate authorities in PEM that may vouch for a server.') },
          { error: errorOf('write `ca: |` with certificates in PEM') },
        )
        .readonly()
        .prefault({})
        .describe('How servers prove who they are, besides the authorities of Amazon RDS and of the system.'),
      timeouts: z
        .strictObject(
          {
            connect: seconds.default(3).describe('Seconds for one attempt to log in.'),
            statement: seconds.default(10).describe('Seconds for one statement of ours.'),
            overall: seconds.default(20).describe('Seconds for all the work of one request on one target.'),
          },
          { error: errorOf('write connect, statement and overall in seconds') },
        )
        .readonly()
        .prefault({})
        .describe('After how many seconds a call gives up.'),
      limits: z
        .strictObject(
          {
            connectionsPerTarget: z
              .int({ error: 'write a whole number of connections' })
              .min(1, { error: 'write 1 or more connections' })
              .max(100, { error: 'write at most 100 connections' })
              .default(4)
              .describe('Connections that one process opens to a target at the same time.'),
            killsPerMinute: z
              .int({ error: 'write a whole number of kills' })
              .min(1, { error: 'write 1 or more kills' })
              .max(100_000, { error: 'write at most 100000 kills' })
              .default(1_000)
              .describe('Kills of one caller in a minute, in all functions together.'),
            waitSeconds: seconds
              .max(10, { error: 'write at most 10 seconds' })
              .default(5)
              .describe('Seconds that a request waits for a connection before it is refused.'),
          },
          { error: errorOf('write connectionsPerTarget, killsPerMinute and waitSeconds') },
        )
        .readonly()
        .prefault({})
        .describe('How much of a target, and how many kills, one caller gets.'),
    },
    { error: errorOf('write fields such as `access: []`') },
  )
  .readonly();

/** One access rule after parsing: every default is filled in. */
export type AccessRule = z.infer<typeof accessRuleSchema>;

/** Whom a rule is for; every field that is given must hold. */
export type Who = AccessRule['who'];

/** zod's own words for an unknown field, which name it; ours for anything else. */
function errorOf(sentence: string): (issue: { readonly code: string }) => string | undefined {
  return (issue) => (issue.code === 'unrecognized_keys' ? undefined : sentence);
}

function isPem(pem: string): boolean {
  const parts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return parts.length > 0 && parts.every((part) => new X509Certificate(part).ca);
  } catch {
    return false;
  }
}

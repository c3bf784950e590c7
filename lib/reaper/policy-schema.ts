import { z } from 'zod';
import { CHANNEL_NAMES, CHANNELS, hasPlaces } from '../chatops/channels/channel-names.ts';
import { placeSchema } from '../chatops/chat-schema.ts';
import { AppError } from '../errors.ts';
import { GROUP_COLUMNS } from '../sessions/group-key.ts';
import { conditionSchema, duration } from './condition-schema.ts';
import { percentFraction } from './units.ts';

/** A channel that may end has buttons, and they can be trusted. */
const canKeep = (place: string): boolean =>
  CHANNEL_NAMES.some((name) => place.startsWith(`${name}:`) && hasPlaces(name) && CHANNELS[name].mayEnd);

/** The `warn:` of a reaper: who is told, how long before the end, and how it may be put off. Times are seconds after parsing. */
export const warnSchema = z
  .strictObject({
    channel: placeSchema
      .refine((place) => canKeep(place), {
        error: `write a place of ${CHANNEL_NAMES.filter((name) => canKeep(`${name}:`)).join(' or ')}: others have no button that could keep a session`,
      })
      .meta({ description: 'Where the warning is posted: a place of the chat secret.', examples: ['slack:ops'] }),
    before: duration('How long before its end a victim is warned of.', { min: 60, max: 86_400 }),
    keep: duration('How long a press of the button keeps a session.', { min: 60, max: 86_400 }).prefault('30m'),
    extensions: z
      .int({ error: 'write a whole number' })
      .min(0, { error: 'write at least 0' })
      .max(100, { error: 'write at most 100' })
      .default(2)
      .meta({ description: 'How often a session may be kept; 0 warns without a button.' }),
  })
  .readonly();

/** How a reaper warns, after parsing. */
export type Warn = z.infer<typeof warnSchema>;

const percent = (what: string) =>
  z
    .string({ error: 'write a share such as 25%' })
    .transform((text, context) => {
      const fraction = percentFraction(text);
      if (fraction !== undefined) return fraction;
      context.issues.push({ code: 'custom', message: 'write a share of more than 0% and at most 100%', input: text });
      return z.NEVER;
    })
    .meta({ description: what, examples: ['25%'] });

const count = (what: string, max = 100_000) =>
  z
    .int({ error: 'write a whole number' })
    .min(1, { error: 'write at least 1' })
    .max(max, { error: `write at most ${max}` })
    .meta({ description: what });

const name = z
  .string({ error: 'write a name' })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'write a name of lower-case letters, digits and hyphens, at most 63' })
  .meta({ description: 'It is in the record of every session that it ends.', examples: ['idle-app'] });

const whenSchema = z
  .strictObject({
    count: count('The class has at least so many sessions.').optional(),
    eachBusy: duration('Each session of the class is in its command for longer than this.').optional(),
    anyBusy: duration('One session of the class is in its command for longer than this.').optional(),
    connectionsUsed: percent('The server has used at least this share of its connections.').optional(),
    blocking: z
      .literal(true, { error: 'write true, or leave it out' })
      .optional()
      .meta({ description: 'A session on the server waits for a lock.' }),
    blockedFor: duration('A session on the server has waited for a lock for at least this long.').optional(),
  })
  .readonly();

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;

/** The fields of a rule that say who is ended and how, no matter who runs it. */
const ruleFields = {
  kill: z
    .enum(['connection', 'query'], { error: 'write connection or query: what is ended' })
    .describe('Ends the session, or cancels its statement and keeps the session.'),
  escalateAfter: duration('KILL QUERY becomes KILL CONNECTION for a statement that still runs after this.', {
    min: 1,
    max: 15,
  }).optional(),
  match: conditionSchema,
  ignore: z
    .array(conditionSchema, { error: 'write a list of conditions' })
    .readonly()
    .default([])
    .describe('Spares sessions that match any of these, and those of which that is not known.'),
  busyCommands: z
    .array(z.string().min(1), { error: 'write a list of commands' })
    .min(1, { error: 'write at least one command' })
    .readonly()
    .default(['Query', 'Execute'])
    .meta({ description: 'The commands that `busy` counts as running a statement.' }),
  groupBy: z
    .enum(GROUP_COLUMNS, { error: `write one of ${GROUP_COLUMNS.join(', ')}` })
    .optional()
    .meta({ description: 'Makes classes; `host` is the address without its port.' }),
  victims: z
    .enum(['oldest', 'all', 'all-but-oldest'], { error: 'write oldest, all or all-but-oldest' })
    .describe('Which of the sessions of a class that match are ended.'),
  limits: {
    perRun: count('Past so many victims nothing is ended at all.'),
    share: percent('Past this share of all sessions nothing is ended at all.').optional(),
  },
} as const;

/** Only a statement's end can become a session's. */
const escalatesQueries = ({ escalateAfter, kill }: { readonly escalateAfter?: unknown; readonly kill: string }) =>
  escalateAfter === undefined || kill === 'query';

/** What {@link escalatesQueries} finds wrong. */
const ESCALATES_QUERIES = { error: 'escalateAfter goes with kill: query', path: ['escalateAfter'] };

/** One reaper of warden.yaml. After parsing, times are seconds, shares fractions, and every default is filled in. */
export const reaperSchema = z
  .strictObject({
    name,
    every: duration('How often the schedule runs it.', { min: 60, max: 86_400 }).prefault('5m'),
    targets: z
      .array(z.string().min(1), { error: 'write a list of targets; `*` matches any characters' })
      .min(1, { error: "write at least one target; '*' is every one" })
      .readonly()
      .describe('The names of the targets on which it runs; `*` matches any characters.'),
    ...ruleFields,
    replication: z
      .boolean({ error: 'write true or false' })
      .default(false)
      .meta({ description: 'Takes replication threads in as well. Vendor users never are.' }),
    when: whenSchema.prefault({}).meta({ description: 'What must be true of the class, or of the server.' }),
    victims: ruleFields.victims.default('oldest'),
    confirm: duration('The same session must match twice, this far apart.', { max: 300 }).prefault('0s'),
    limits: z
      .strictObject({ ...ruleFields.limits, perRun: ruleFields.limits.perRun.default(100) })
      .readonly()
      .prefault({})
      .describe('Past these, a run ends nothing at all.'),
    warn: warnSchema
      .optional()
      .meta({ description: "Tells the victims' owners first, who may keep a session for a while." }),
    report: placeSchema.optional().meta({
      description: 'Where a run that ended or refused something says so, in one message.',
      examples: ['slack:ops'],
    }),
    onEnd: z
      .string({ error: "write a receiver, 'webhook:pager'" })
      .regex(/^webhook:[\w-]{1,64}$/, { error: "write webhook and a receiver's name, 'webhook:pager'" })
      .optional()
      .meta({
        description:
          'Where a run that ended something sends its report, signed as Standard Webhooks: a receiver of the webhook secret.',
        examples: ['webhook:pager'],
      }),
    mode: z
      .enum(['dry-run', 'enforce'], { error: 'write dry-run or enforce' })
      .default('dry-run')
      .describe('Reports whom it would end, or ends them.'),
    until: z
      .string({ error: "write a day in quotes, such as '2027-03-31'" })
      .refine(isDate, { error: 'write a day such as 2027-03-31' })
      .optional()
      .meta({ description: 'The last day, in UTC, on which it runs.' }),
  })
  .refine(escalatesQueries, ESCALATES_QUERIES)
  .readonly()
  .meta({ id: 'Reaper' });

/** A rule that ends sessions, after parsing. */
export type Reaper = z.infer<typeof reaperSchema>;

/** All reapers of a configuration; no name twice. */
export const reapersSchema = z
  .array(reaperSchema, { error: 'write a list of reapers' })
  .check(({ value, issues }) => {
    const seen = new Set<string>();
    for (const [at, reaper] of value.entries()) {
      if (seen.has(reaper.name))
        issues.push({ code: 'custom', path: [at, 'name'], message: 'write another name: it is there twice', input: 0 });
      seen.add(reaper.name);
    }
  })
  .readonly();

/** A rule whose victims are warned. */
export type WarningReaper = Reaper & { readonly warn: Warn };

/** A person sees each victim before any is ended, so more of them may go at once than by a schedule. */
const MOST = 10_000;
const { limits } = ruleFields;

/** A rule as a caller sends it: the fields of a reaper that say which sessions are ended and how. It is never stored. */
export const askedRuleSchema = z
  .strictObject({
    ...ruleFields,
    kill: ruleFields.kill.default('connection'),
    victims: ruleFields.victims.default('all'),
    limits: z
      .strictObject({
        ...limits,
        perRun: limits.perRun.max(MOST, { error: `write at most ${MOST}` }).default(1_000),
      })
      .readonly()
      .prefault({}),
  })
  .refine(escalatesQueries, ESCALATES_QUERIES)
  .meta({
    id: 'AskedRule',
    description: 'The fields of a reaper in warden.yaml that say which sessions are ended, and how.',
  });

const NO_SCHEDULE = { name: 'request', every: 300, targets: ['*'], when: {}, confirm: 0, replication: false } as const;

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/[^\w.[\]-]/g, '?')
    .slice(0, 80);

/**
 * Reads a rule that came with a call.
 *
 * @throws AppError `request-invalid` for the first field that is not as it must be; it quotes no value
 */
export function parseRule(value: unknown): Reaper {
  const { data, error } = askedRuleSchema.safeParse(value);
  if (data !== undefined) return { ...NO_SCHEDULE, ...data, mode: 'enforce' };
  const [issue] = error.issues;
  const path = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const why = issue?.code === 'unrecognized_keys' ? 'is not known here' : (issue?.message ?? 'cannot be read');
  throw new AppError('request-invalid', { detail: `rule${pathOf(path)}: ${why}.` });
}

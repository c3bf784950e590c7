import { z } from 'zod';
import { compileHostPattern, compilePattern } from './pattern.ts';
import { durationSeconds, sizeBytes } from './units.ts';

/** A duration with its unit, parsed to seconds. */
export const duration = (what: string, { min = 0, max = 31_536_000 } = {}) =>
  z
    .string({ error: 'write a duration with its unit, such as 10m, 90s or 2h' })
    .transform((text, context) => {
      const seconds = durationSeconds(text);
      if (seconds !== undefined && seconds >= min && seconds <= max) return seconds;
      const limits = seconds === undefined ? '' : ` from ${min}s to ${max}s`;
      context.issues.push({
        code: 'custom',
        message: `write a duration with its unit${limits}, such as 10m, 90s or 2h`,
        input: text,
      });
      return z.NEVER;
    })
    .meta({ description: what, examples: ['10m', '90s', '2h'] });

const size = (what: string) =>
  z
    .string({ error: 'write a size with its unit, such as 100MB' })
    .transform((text, context) => {
      const bytes = sizeBytes(text);
      if (bytes !== undefined) return bytes;
      context.issues.push({ code: 'custom', message: 'write a size with its unit, such as 100MB', input: text });
      return z.NEVER;
    })
    .meta({ description: what, examples: ['100MB', '1GiB'] });

function patterns(what: string, compile: (pattern: string) => unknown) {
  const pattern = z
    .string({ error: 'write a glob, or a regular expression between slashes' })
    .min(1, { error: 'write a pattern that is not empty' })
    .check(({ value, issues }) => {
      try {
        compile(value);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        issues.push({
          code: 'custom',
          message: `the pattern cannot be read (${why}); RE2 syntax`,
          input: value,
          continue: true,
        });
      }
    });
  return z
    .union([pattern, z.array(pattern).min(1, { error: 'write at least one pattern' })], {
      error: 'write one pattern or a list of them: a glob, or a regular expression between slashes',
    })
    .transform((one): readonly string[] => (typeof one === 'string' ? [one] : one))
    .meta({ description: `${what} One pattern or a list: globs, or regular expressions between slashes.` });
}

const flag = (what: string) => z.boolean({ error: 'write true or false' }).meta({ description: what });

const fields = {
  command: patterns('The command of the process list.', compilePattern).optional(),
  user: patterns('The database user.', compilePattern).optional(),
  host: patterns('The address of the client; a network such as 10.0.0.0/24 too.', compileHostPattern).optional(),
  db: patterns('The default database.', compilePattern).optional(),
  state: patterns('The state of the process list.', compilePattern).optional(),
  info: patterns('The text of the statement.', compilePattern).optional(),
  tenant: patterns('OceanBase: the tenant.', compilePattern).optional(),
  idle: duration('Asleep for at least this long.').optional(),
  busy: duration('Running a statement for at least this long.').optional(),
  time: duration('In its command, whichever, for at least this long.').optional(),
  inTransaction: flag('With, or without, an open transaction.').optional(),
  transactionFor: duration('Its transaction is open for at least this long.').optional(),
  blocking: flag('Others do, or do not, wait for a lock that it holds.').optional(),
  blockedFor: duration('It has waited for a lock for at least this long.').optional(),
  memory: size('Holds at least this much memory on the server, where the engine tells.').optional(),
  cpu: duration('Has used at least this much processor time, where the engine tells.').optional(),
};

/** What a session must be like. All fields must hold; times are seconds, sizes bytes, after parsing. */
export interface Condition {
  readonly command?: readonly string[] | undefined;
  readonly user?: readonly string[] | undefined;
  readonly host?: readonly string[] | undefined;
  readonly db?: readonly string[] | undefined;
  readonly state?: readonly string[] | undefined;
  readonly info?: readonly string[] | undefined;
  readonly tenant?: readonly string[] | undefined;
  readonly idle?: number | undefined;
  readonly busy?: number | undefined;
  readonly time?: number | undefined;
  readonly inTransaction?: boolean | undefined;
  readonly transactionFor?: number | undefined;
  readonly blocking?: boolean | undefined;
  readonly blockedFor?: number | undefined;
  readonly memory?: number | undefined;
  readonly cpu?: number | undefined;
  /** At least one of these holds. */
  readonly any?: readonly Condition[] | undefined;
  /** Does not hold. */
  readonly not?: Condition | undefined;
}

const isNotEmpty = (condition: object): boolean => Object.values(condition).some((value) => value !== undefined);
const EMPTY = { error: 'write at least one condition: an empty one would take every session' };

/** A condition of a rule; the parts of `any` and `not` nest. */
export const conditionSchema: z.ZodType<Condition> = z
  .strictObject({
    ...fields,
    get any() {
      return z
        .array(conditionSchema)
        .min(1, { error: 'write at least one condition' })
        .optional()
        .describe('At least one of these holds.');
    },
    get not() {
      return conditionSchema.optional().describe('This does not hold.');
    },
  })
  .refine(isNotEmpty, EMPTY)
  .meta({
    id: 'Condition',
    minProperties: 1,
    description:
      'All fields must hold. What is not there (no database) is like nothing that is asked for; what the server does not show is never a yes, and never a no.',
  });

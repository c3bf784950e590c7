import * as z from 'zod/mini';
import { GROUP_COLUMNS, type GroupColumn } from '../sessions/group-key.ts';
import type { SessionQuery } from '../sessions/match-query.ts';
import {
  ENGINE_COLUMNS,
  FILTERED_COLUMNS,
  isSessionId,
  type KillKind,
  perColumn,
  sessionId,
} from '../sessions/session.ts';
import { TAG_FORM } from '../sessions/tags.ts';
import type { RequestShape } from './parse.ts';
import { TAG } from './request.ts';

// Read here, not coerced: `Number('')` is 0, and `Number('0x1f')` and `Number('1e3')` are numbers too.
const DECIMAL = /^(?:0|[1-9]\d{0,14})$/;

/** A whole number in a query string: decimal digits only, no sign, no leading zero. */
export const decimal = (min: number, max: number) =>
  z
    .pipe(
      z.string().check(
        z.refine((text) => DECIMAL.test(text) && Number(text) >= min && Number(text) <= max, {
          error: `must be a decimal number from ${min} to ${max}`,
        }),
      ),
      z.transform(Number),
    )
    .check(z.meta({ override: { type: 'integer', minimum: min, maximum: max } }));

/** `true` or `false` in a query string; nothing else means either. */
export const flag = () =>
  z
    .pipe(
      z.string().check(z.refine((text) => text === 'true' || text === 'false', { error: 'must be true or false' })),
      z.transform((text) => text === 'true'),
    )
    .check(z.meta({ override: { type: 'boolean' } }));

/** A parameter that may be left out. The document names its default too, which zod does not tell of what it transforms. */
export const withDefault = <T extends string | number | boolean>(
  schema: z.ZodMiniType<T, string>,
  value: T,
  description: string,
) =>
  z._default(schema, value as z.core.util.NoUndefined<T>).check(z.meta({ description, override: { default: value } }));

const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Text of 1 to `max` characters (code points), none of them a control character. */
export const line = (max: number, description: string, example?: string) =>
  z.string().check(
    z.refine((text) => text !== '' && text.length <= 2 * max && [...text].length <= max, {
      error: `must have 1 to ${max} characters`,
    }),
    z.refine((text) => !CONTROL.test(text) && text.isWellFormed(), { error: 'must not hold control characters' }),
    z.meta({
      description,
      ...(example !== undefined && { example }),
      override: { minLength: 1, maxLength: max, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$' },
    }),
  );

/** A session's ID in a path or body, digit for digit. */
export const sessionIdField = z
  .pipe(
    z.string().check(z.refine(isSessionId, { error: 'must be 1 to 20 decimal digits, the first not zero' })),
    z.transform((text: string) => sessionId(text)),
  )
  .check(
    z.meta({
      description: 'The ID of the session, as the list shows it.',
      example: '3221487617',
      override: { pattern: '^[1-9][0-9]{0,19}$' },
    }),
  );

/** A session or statement tag in a body. */
export const tagField = z
  .string()
  .check(
    z.regex(TAG, { error: 'must be a tag as the list shows it' }),
    z.meta({ description: 'The session tag (`connection`) or statement tag (`query`), as the list shows it.' }),
  );

/** A moment, ISO 8601 with its offset; read as UTC. */
export const moment = (description: string) =>
  z
    .pipe(
      z.iso.datetime({ offset: true, error: 'must be ISO 8601 with an offset (in a URL, + is %2B)' }),
      z.transform((text: string) => new Date(text).toISOString()),
    )
    .check(
      z.meta({
        description,
        example: '2026-11-24T08:00:00Z',
        override: ({ jsonSchema }) => {
          delete jsonSchema.pattern; // `format` says it; zod's pattern is half a page
        },
      }),
    );

/** The opaque `next` of the page before. */
export const cursorField = z
  .string()
  .check(
    z.regex(/^[!-~]{1,2048}$/, { error: 'must be the next of the page before' }),
    z.meta({ description: 'The `next` of the page before, with the same other parameters.' }),
  );

const MAX_SECONDS = 4_294_967_295;

const noPath = z.object({});
const noQuery = z.strictObject({});
const noBody = z.null();
const targetPath = z.object({ target: line(256, 'The name of the target.', 'local') });
const sessionPath = z.object({ ...targetPath.shape, id: sessionIdField });
const reason = line(500, 'Why, for the record.', 'blocks the nightly load');
const full = (how: string) => withDefault(flag(), false, `Statements ${how}, where you may read them so.`);
const filter = (what: string, example: string) =>
  z.exactOptional(line(256, `${what}. Compared exactly; \`*\` matches any run of characters.`, example));

const sessionFilters = {
  user: filter('Database user', 'app_*'),
  host: filter('Address of the client, with or without its port', '10.0.0.7'),
  db: filter('Default database', 'shop'),
  command: filter('Command', 'Sleep'),
  state: filter('State', 'ACTIVE'),
  ...perColumn(FILTERED_COLUMNS, (name) => {
    const { about, example } = ENGINE_COLUMNS[name].filter;
    return filter(about, example);
  }),
  minTime: z.exactOptional(decimal(0, MAX_SECONDS)).check(z.meta({ description: 'Seconds in the command, at least.' })),
  idleFor: z.exactOptional(decimal(0, MAX_SECONDS)).check(z.meta({ description: 'Seconds asleep, at least.' })),
  inTransaction: z
    .exactOptional(flag())
    .check(z.meta({ description: 'With, or without, an open transaction. What is not known is neither.' })),
  blocking: z
    .exactOptional(flag())
    .check(z.meta({ description: 'Holds, or does not hold, a lock that another waits for.' })),
  text: z.exactOptional(
    line(
      1024,
      'Part of the statement as you read it, whatever its case: masked, unless `full` shows you more.',
      'update orders',
    ),
  ),
} as const;

const MANY_GROUPS = 'goes with one page of sessions, not with groupBy';

const sessionQuery = z
  .strictObject({
    ...sessionFilters,
    groupBy: z.exactOptional(z.enum(GROUP_COLUMNS)).check(
      z.meta({
        description:
          'Counts by this column instead of listing, our own connections not; `fingerprint` is the statement without literals.',
      }),
    ),
    sort: withDefault(
      z.enum(['id', '-id', 'time', '-time', 'user', '-user']),
      'id',
      'Order; `-` for descending. An order by time has one page.',
    ),
    limit: withDefault(decimal(1, 1000), 100, 'Sessions of one page, or groups, the largest first.'),
    cursor: z.exactOptional(cursorField),
    full: full('with their literals, and up to 4,096 characters of each'),
  })
  .check(
    z.check(({ value, issues }) => {
      if (value.groupBy === undefined) return;
      if (value.cursor !== undefined)
        issues.push({ code: 'custom', path: ['cursor'], message: MANY_GROUPS, input: value });
      if (value.full) issues.push({ code: 'custom', path: ['full'], message: MANY_GROUPS, input: value });
    }),
  ) satisfies z.ZodMiniType<SessionQuery & { readonly groupBy?: GroupColumn }>;

const KIND = 'The whole session, or only what it runs.';

const kill = z.strictObject({
  id: sessionIdField,
  kind: z.enum(['connection', 'query']).check(z.meta({ description: KIND })),
  tag: z.exactOptional(tagField),
});

const kills = z.array(kill).check(
  z.minLength(1),
  z.maxLength(1000),
  z.check(({ value, issues }) => {
    const seen = new Set<string>();
    for (const [at, { id, kind }] of value.entries()) {
      const key = `${kind} ${id}`;
      if (seen.has(key)) issues.push({ code: 'custom', path: [at], message: 'is there twice', input: value });
      seen.add(key);
    }
  }),
);

const shape = <Path, Query, Body>(it: RequestShape<Path, Query, Body>) => it;
const read = { body: noBody, takesTag: false } as const;

/** GET /targets */
export const listTargetsRequest = shape({ ...read, path: noPath, query: noQuery });

/** GET /targets/{target}/health */
export const checkTargetRequest = shape({ ...read, path: targetPath, query: noQuery });

/** GET /targets/{target}/sessions */
export const listSessionsRequest = shape({ ...read, path: targetPath, query: sessionQuery });

/** GET /targets/{target}/sessions/{id} */
export const getSessionRequest = shape({
  ...read,
  path: sessionPath,
  query: z.strictObject({ full: full('whole and with their literals') }),
});

/** DELETE /targets/{target}/sessions/{id} */
export const killConnectionRequest = shape({
  path: sessionPath,
  query: z.strictObject({ reason: z.exactOptional(reason) }),
  body: noBody,
  takesTag: 'connection',
});

/** DELETE /targets/{target}/sessions/{id}/query */
export const killQueryRequest = shape({
  path: sessionPath,
  query: z.strictObject({
    reason: z.exactOptional(reason),
    escalateAfter: z
      .exactOptional(decimal(1, 15))
      .check(z.meta({ description: 'Seconds after which the statement, if it still runs, costs its session.' })),
  }),
  body: noBody,
  takesTag: 'query',
});

/** POST /targets/{target}/kills */
export const killSessionsRequest = shape({
  path: targetPath,
  query: noQuery,
  body: z.strictObject({ kills, reason: z.exactOptional(reason) }),
  takesTag: false,
  takesKey: true,
});

/** GET /targets/{target}/blockers */
export const listBlockersRequest = shape({ ...read, path: targetPath, query: noQuery });

const reaperName = line(63, 'The name of a reaper of the configuration.', 'idle-app');
const dryRun = z
  ._default(z.boolean(), true)
  .check(z.meta({ description: 'true: choose and explain, and end nothing.', override: { default: true } }));
const digest = z
  .string()
  .check(
    z.regex(/^[\w-]{11,120000}$/, { error: 'must be the digest of a dry run' }),
    z.meta({ description: 'The digest of the dry run. No session is ended that it did not show.' }),
  );
const withRule = {
  limit: z
    .exactOptional(z.int().check(z.minimum(1), z.maximum(10_000)))
    .check(z.meta({ description: 'Ends the first so many, oldest first.' })),
  reason: z.exactOptional(line(500, 'Why, for the record.', 'the pool is full')),
};

/** What there is to say of a body whose fields do not go together. */
const reapCheck = z.check<
  { [Field in 'reaper' | 'rule' | 'limit' | 'reason' | 'digest']?: unknown } & { dryRun: boolean }
>(({ value, issues }) => {
  const wrong = (path: string, message: string) => issues.push({ code: 'custom', path: [path], message, input: value });
  if ((value.reaper === undefined) === (value.rule === undefined)) wrong('rule', 'write either reaper or rule');
  else if (value.rule === undefined)
    for (const name of ['limit', 'reason', 'digest'] as const)
      if (value[name] !== undefined) wrong(name, 'goes with rule');
  if (value.rule !== undefined && value.dryRun !== (value.digest === undefined))
    wrong('digest', value.dryRun ? 'goes with dryRun: false' : 'is missing: run the rule as a dry run first');
});

const reapBody = z
  .strictObject({
    ...withRule,
    reaper: z.exactOptional(reaperName),
    rule: z.exactOptional(z.record(z.string(), z.unknown())),
    dryRun,
    digest: z.exactOptional(digest),
  })
  .check(reapCheck);

/** A reap's body as the document tells it, where each of its three forms has its own fields. */
export const reapForms = <Rule extends z.core.$ZodType>(rule: Rule) =>
  z.union([
    z.strictObject({ reaper: reaperName, dryRun }),
    z.strictObject({ rule, ...withRule, dryRun: z.exactOptional(z.literal(true)) }),
    z.strictObject({ rule, ...withRule, dryRun: z.literal(false), digest }),
  ]);

/** POST /targets/{target}/reaps. The rule itself is read by `lib/reaper/policy-schema.ts`, which most calls need not load. */
export const previewReapRequest = shape({
  path: targetPath,
  query: noQuery,
  body: reapBody,
  takesTag: false,
  takesKey: true,
});

const approvalBody = z
  .strictObject({
    kills: z.exactOptional(kills),
    rule: z.exactOptional(z.record(z.string(), z.unknown())),
    limit: withRule.limit,
    digest: z.exactOptional(digest),
    reason: withRule.reason,
  })
  .check(
    z.check(({ value, issues }) => {
      const wrong = (path: string, message: string) =>
        issues.push({ code: 'custom', path: [path], message, input: value });
      if ((value.kills === undefined) === (value.rule === undefined)) wrong('kills', 'write either kills or rule');
      else if (value.rule !== undefined && value.digest === undefined)
        wrong('digest', 'is missing: run the rule as a dry run first');
      else if (value.kills !== undefined && (value.limit !== undefined || value.digest !== undefined))
        wrong('digest', 'goes with rule');
      else if (value.kills !== undefined && value.kills.length > MOST_ASKED)
        wrong('kills', `must have at most ${MOST_ASKED}`);
    }),
  );

/** More than these no one reads through before they approve. */
const MOST_ASKED = 100;

const TAG_OF = { connection: 'Of a `connection`: the session tag.', query: 'Of a `query`: the statement tag.' };
const taggedFor = (kind: KillKind) =>
  z.strictObject({
    id: sessionIdField,
    kind: z.literal(kind).check(z.meta({ description: KIND })),
    tag: z.string().check(z.regex(new RegExp(`^${TAG_FORM[kind]}$`)), z.meta({ description: TAG_OF[kind] })),
  });

/** Its body as the document tells it: who leaves out a tag is told that it takes one. */
export const approvalForms = <Rule extends z.core.$ZodType>(rule: Rule) =>
  z.union([
    z.strictObject({
      kills: z
        .array(z.union([taggedFor('connection'), taggedFor('query')]))
        .check(z.minLength(1), z.maxLength(MOST_ASKED)),
      reason: withRule.reason,
    }),
    z.strictObject({ rule, ...withRule, digest }),
  ]);

/** POST /targets/{target}/approvals */
export const askApprovalRequest = shape({
  path: targetPath,
  query: noQuery,
  body: approvalBody,
  takesTag: false,
  takesKey: true,
});

const approvalId = z
  .string()
  .check(
    z.regex(/^[\w-]{22}$/, { error: 'must be the ID of an approval' }),
    z.meta({ description: 'The ID of the approval.', example: 'mJ4bq1xk0c3SgV7eY2hT9A' }),
  );

/** GET /targets/{target}/approvals/{approval} */
export const getApprovalRequest = shape({
  ...read,
  path: z.object({ ...targetPath.shape, approval: approvalId }),
  query: noQuery,
});

/** GET /stop */
export const showStopRequest = shape({ ...read, path: noPath, query: noQuery });

/** PUT /stop */
export const stopKillsRequest = shape({
  path: noPath,
  query: noQuery,
  body: z.strictObject({ reason }),
  takesTag: false,
});

/** DELETE /stop */
export const resumeKillsRequest = shape({
  ...read,
  path: noPath,
  query: z.strictObject({ reason: z.exactOptional(reason) }),
});

/** GET /audit */
export const listAuditRequest = shape({
  ...read,
  path: noPath,
  query: z.strictObject({
    target: z.exactOptional(line(256, 'Of this target.', 'local')),
    principal: z.exactOptional(line(512, 'Of the principal with this subject.', 'ada')),
    from: z.exactOptional(moment('From this moment on.')),
    to: z.exactOptional(moment('Before this moment.')),
    limit: withDefault(decimal(1, 500), 100, 'Records of one page.'),
    cursor: z.exactOptional(cursorField),
  }),
});

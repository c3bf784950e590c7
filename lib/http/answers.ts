import * as z from 'zod/mini';
import type { AuditRecord } from '../audit/audit.ts';
import type { ApprovalView } from '../chatops/commands/get-approval.ts';
import { ENGINES, type MissingGrant } from '../database/database.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import type { Undecidable } from '../reaper/asked.ts';
import type { ReapReport, ReapVictim, SparedView, WarnedVictim } from '../reaper/report.ts';
import type { BlockerNode } from '../sessions/blockers.ts';
import type { SessionDetail } from '../sessions/get-session.ts';
import type { BulkKillResult } from '../sessions/kill/kill.ts';
import { type KillResult, OUTCOMES } from '../sessions/kill/outcome.ts';
import type { StopView } from '../sessions/kill/stop-kills.ts';
import type { SessionGroup } from '../sessions/list-sessions.ts';
import {
  ENGINE_COLUMNS,
  perColumn,
  type SessionId,
  SHOWN_COLUMNS,
  type ShownColumns,
  UNKNOWN_NAMES,
  type UnknownField,
} from '../sessions/session.ts';
import type { SessionView, StatementView } from '../sessions/session-view.ts';
import type { TargetHealth } from '../targets/check-target.ts';
import type { TargetView } from '../targets/list-targets.ts';

/** A type as JSON carries it: a branded ID is text there. */
export type Wire<T> = T extends SessionId
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

/** A schema of what a use case answers; it does not compile while one of the fields is missing or of another type. */
export type AnswerSchema<T> = z.ZodMiniType<Wire<T>>;

/** Text or `null`, with what it is. */
export const textOrNull = (description: string) => z.nullable(z.string()).check(z.meta({ description }));

/** Seconds or `null`, with what they count. */
export const secondsOrNull = (description: string) => z.nullable(z.number()).check(z.meta({ description }));

/** Text, with what it is and an example. */
export const text = (description: string, example: string) => z.string().check(z.meta({ description, example }));

/** Any code of the error catalogue. */
export const codeSchema = z
  .enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]])
  .check(z.meta({ id: 'ErrorCode', description: 'A stable code; docs/errors.md explains each.' }));

/** A session's ID in an answer. */
export const idSchema = text('The ID of the session: decimal digits as text, for many are above 2^53.', '3221487617');

/** Tags as the document shows them. */
export const TAG_EXAMPLE = {
  connection: '_235_SxP0FcTB8kctZeok_',
  query: '_235_SxP0FcTB8kctZeok_.DcP8S25VBu3z7pq5WpxXyy',
} as const;

const engineSchema = z.nullable(z.enum(ENGINES));

const statementSchema = z
  .strictObject({
    text: textOrNull(
      'The statement; literals replaced by ?, the end cut off, unless asked for in full. null where the server shows no text of it.',
    ),
    masked: z.boolean(),
    tag: text('The statement tag: send it in If-Match to cancel this statement and no other.', TAG_EXAMPLE.query),
  })
  .check(z.meta({ id: 'Statement' })) satisfies AnswerSchema<StatementView>;

const unknownSchema = z
  .strictObject({
    field: z.enum(UNKNOWN_NAMES).check(z.meta({ description: '`text` is that of the statement.' })),
    why: text('The reason.', 'Our account lacks PROCESS, so transactions are not shown.'),
  })
  .check(z.meta({ id: 'Unknown' })) satisfies AnswerSchema<UnknownField>;

const COLUMN_TYPES = { text: z.string(), texts: z.array(z.string()), whole: z.int() } as const;

/** {@link ShownColumns} */
const shownColumns = perColumn(SHOWN_COLUMNS, (name) => {
  const { type, about } = ENGINE_COLUMNS[name];
  return z.nullable(COLUMN_TYPES[type]).check(z.meta({ description: about }));
}) as { readonly [Name in keyof ShownColumns]: AnswerSchema<ShownColumns[Name]> };

/** {@link SessionView} */
export const sessionSchema = z
  .strictObject({
    id: idSchema,
    user: textOrNull('Database user.'),
    host: textOrNull('Address of the client, with its port where the server tells it.'),
    db: textOrNull('Default database.'),
    command: text('Command.', 'Query'),
    time: secondsOrNull('Seconds in the command.'),
    state: textOrNull('State.'),
    tag: text('The session tag: send it in If-Match to end this session and no other.', TAG_EXAMPLE.connection),
    statement: z.nullable(statementSchema),
    transaction: z.nullable(
      z.strictObject({ id: textOrNull('ID.'), state: z.string(), time: secondsOrNull('Seconds since it began.') }),
    ),
    protected: z.boolean().check(z.meta({ description: 'It is protected: no one can end it here.' })),
    warden: z.boolean().check(z.meta({ description: 'A connection of this product’s own calls.' })),
    own: z.boolean().check(z.meta({ description: 'Its database user counts as your own.' })),
    ...shownColumns,
    unknown: z
      .array(unknownSchema)
      .check(z.meta({ description: 'What the server does not show. null elsewhere means that there is none.' })),
  })
  .check(z.meta({ id: 'Session' })) satisfies AnswerSchema<SessionView>;

/** {@link SessionGroup} */
export const groupSchema = z
  .strictObject({
    value: textOrNull(
      'The value of the column, a statement without its literals. null where there is none, or where `known` is false.',
    ),
    known: z.boolean().check(z.meta({ description: 'false: the server does not show the value.' })),
    count: z.number(),
    idle: z.number().check(z.meta({ description: 'How many are asleep.' })),
    idleFor5m: z.number().check(z.meta({ description: 'How many have been asleep for five minutes or longer.' })),
    inTransaction: z.number().check(z.meta({ description: 'How many have an open transaction.' })),
    transactionUnknown: z.number().check(z.meta({ description: 'Of how many that is not known.' })),
    oldest: secondsOrNull('Seconds of the session that has been longest in its command.'),
    example: sessionSchema,
  })
  .check(z.meta({ id: 'SessionGroup' })) satisfies AnswerSchema<SessionGroup>;

const heldUp = {
  seconds: secondsOrNull('Seconds of waiting.'),
  likely: z.boolean().check(z.meta({ description: 'It may be true or not: the server does not say for certain.' })),
};

/** What a node of the forest and a session's own locks tell of a lock whose holder is not a known session. */
export const holderFields = {
  reason: textOrNull(
    'Why there is no ID: not known, no session, or one that you may not view; null where there is one.',
  ),
  xa: z
    .array(text('In the form that XA COMMIT and XA ROLLBACK accept.', "'order-17','b',1"))
    .check(z.meta({ description: 'Prepared XA transactions without a session, one of which holds the lock.' })),
};

const locksSchema = z.strictObject({
  blocking: z
    .nullable(z.boolean())
    .check(z.meta({ description: 'Whether another session waits for it; null if the server does not say.' })),
  blocks: z.array(
    z.strictObject({
      id: z.nullable(idSchema).check(z.meta({ description: 'null where you may not view it.' })),
      ...heldUp,
    }),
  ),
  waitsFor: z.array(
    z.strictObject({
      id: z.nullable(idSchema).check(z.meta({ description: 'null where reason says why.' })),
      ...heldUp,
      lock: text('What it waits for.', 'table metadata lock'),
      ...holderFields,
    }),
  ),
});

/** {@link SessionDetail} */
export const sessionDetailSchema = z
  .strictObject({
    ...sessionSchema.shape,
    locks: z
      .nullable(locksSchema)
      .check(
        z.meta({ description: 'Whom it holds up, and for whom it waits; null where our account may not read it.' }),
      ),
  })
  .check(z.meta({ id: 'SessionDetail' })) satisfies AnswerSchema<SessionDetail>;

/** {@link Undecidable} */
export const undecidableSchema = z.strictObject({
  field: z.enum([...UNKNOWN_NAMES, 'locks', 'connections']),
  why: text('Why the target never shows it.', 'Our account lacks PROCESS, so transactions are not shown.'),
}) satisfies AnswerSchema<Undecidable>;

/** {@link TargetView} */
export const targetSchema = z
  .strictObject({
    name: text('Name.', 'local'),
    engine: engineSchema,
    version: textOrNull('Version, as the server says it.'),
    reachable: z.boolean(),
  })
  .check(z.meta({ id: 'Target' })) satisfies AnswerSchema<TargetView>;

const missingSchema = z
  .strictObject({
    name: text('What our account lacks.', 'PROCESS'),
    effect: text('What does not work without it.', 'Only sessions of our own account are listed.'),
    grant: text('What a DBA runs to fix it.', "GRANT PROCESS ON *.* TO 'warden'@'%'"),
  })
  .check(z.meta({ id: 'MissingGrant' })) satisfies AnswerSchema<MissingGrant>;

/** {@link TargetHealth} */
export const healthSchema = z
  .strictObject({
    target: text('Name.', 'local'),
    reachable: z.boolean(),
    engine: engineSchema,
    version: textOrNull('Version, as the server says it.'),
    latencyMs: z.nullable(z.number()).check(z.meta({ description: 'Milliseconds of one round trip.' })),
    connectMs: z.nullable(z.number()).check(z.meta({ description: 'Milliseconds of connecting.' })),
    exactStatements: z.boolean().check(z.meta({ description: 'Statements have an identity of their own there.' })),
    source: z
      .nullable(z.strictObject({ name: z.string(), weakness: z.nullable(z.string()) }))
      .check(z.meta({ description: 'Where the process list is read from, and why from no better place.' })),
    canary: z
      .nullable(z.boolean())
      .check(z.meta({ description: 'Our own session is in that list, as it must be. null if the list was not read.' })),
    endpoint: z.optional(
      z.enum(['observer', 'odp-v1', 'odp-v2']).check(
        z.meta({
          description:
            'What was reached of an OceanBase cluster: an observer, or OBProxy, which gives its clients IDs of their own (v2) or not (v1).',
        }),
      ),
    ),
    encryption: z
      .nullable(
        z.strictObject({ mode: z.enum(['verified', 'pinned', 'unverified', 'off']), weakness: z.nullable(z.string()) }),
      )
      .check(z.meta({ description: 'How our connection is encrypted, and why that is not the best there is.' })),
    connections: z
      .nullable(z.strictObject({ used: z.number(), most: z.number() }))
      .check(z.meta({ description: 'Connections used and allowed; null where the server tells no limit.' })),
    running: z
      .nullable(z.number())
      .check(z.meta({ description: 'Sessions that are not asleep, without protected ones and our own.' })),
    waiting: z
      .nullable(z.number())
      .check(z.meta({ description: 'Sessions that wait for a lock; null where the server does not tell.' })),
    privileges: z.strictObject({ process: z.boolean(), super: z.boolean() }),
    missing: z.array(missingSchema),
    undecidable: z
      .array(
        z.strictObject({
          reaper: text('Name of the reaper.', 'idle-app'),
          ...undecidableSchema.shape,
          grants: z.array(z.string()).check(z.meta({ description: 'What a DBA runs so that the server shows it.' })),
        }),
      )
      .check(
        z.meta({
          description:
            'Reapers for this target that ask for something it never shows. They end no session that depends on it.',
        }),
      ),
    problem: z.nullable(z.strictObject({ code: codeSchema, detail: z.nullable(z.string()), hint: z.string() })),
  })
  .check(z.meta({ id: 'TargetHealth' })) satisfies AnswerSchema<TargetHealth>;

const KINDS = ['connection', 'query'] as const;
const kindSchema = z.enum(KINDS);
const outcomeSchema = z.enum(OUTCOMES).check(z.meta({ id: 'Outcome', description: 'What became of the kill.' }));
const identitySchema = z
  .enum(['exact', 'approximate'])
  .check(z.meta({ description: 'How reliably the server told this session or statement from any other.' }));
const provenSchema = z.boolean().check(z.meta({ description: "By the server's own record or process list." }));
const auditIdSchema = textOrNull('The audit record; null where nothing was attempted.');

/** {@link KillResult} */
export const killSchema = z
  .strictObject({
    target: text('Name of the target.', 'local'),
    id: idSchema,
    kind: kindSchema,
    outcome: outcomeSchema,
    identity: identitySchema,
    proven: provenSchema,
    auditId: auditIdSchema,
    hint: textOrNull('What to know or do next.'),
  })
  .check(z.meta({ id: 'Kill' })) satisfies AnswerSchema<KillResult>;

/** {@link BulkKillResult} */
export const bulkKillSchema = z
  .strictObject({
    id: idSchema,
    kind: kindSchema,
    outcome: z.nullable(outcomeSchema),
    identity: z.nullable(identitySchema),
    proven: provenSchema,
    auditId: auditIdSchema,
    code: z.nullable(codeSchema),
  })
  .check(z.meta({ id: 'BulkKill' })) satisfies AnswerSchema<BulkKillResult>;

const namedSchema = z.strictObject({ source: z.string(), subject: z.string() });

/** {@link StopView} */
export const stopSchema = z
  .strictObject({
    stopped: z.boolean().check(z.meta({ description: 'Every kill of every kind is stopped.' })),
    by: z
      .nullable(namedSchema)
      .check(z.meta({ description: 'Who threw it; null where none is, and for `stop: true` in warden.yaml.' })),
    reason: textOrNull('Why.'),
    since: textOrNull('Since when, ISO 8601 in UTC.'),
  })
  .check(z.meta({ id: 'Stop' })) satisfies AnswerSchema<StopView>;

/** {@link AuditRecord} */
export const recordSchema = z
  .strictObject({
    id: text('ID of the record, a ULID.', '01JDHV6T0Z8M5W3K9Q7R2N4P1X'),
    at: text('When it was meant, ISO 8601 in UTC.', '2026-11-24T08:00:00.000Z'),
    target: text('Name of the target; `*` of a stop.', 'local'),
    principal: namedSchema,
    caller: z
      .strictObject({
        sessionName: textOrNull('Of an IAM role: the name of its session.'),
        sourceIp: textOrNull('Address of the caller.'),
        userAgent: textOrNull('What the caller said of its program.'),
        issuer: textOrNull('Of a JWT: who issued it.'),
        client: textOrNull('Of a JWT: the program that it was issued to.'),
      })
      .check(
        z.meta({ description: 'From where and as whom the principal called; all null of a chat and a schedule.' }),
      ),
    agent: textOrNull('The program that acted for the principal, such as an AI agent; null where none said so.'),
    approver: z.nullable(namedSchema).check(z.meta({ description: 'Who approved it, or said no.' })),
    approvalRequest: textOrNull('The request that was approved or denied.'),
    rule: textOrNull('The access rule that let it happen; null for a schedule and a refusal.'),
    kind: z.enum([...KINDS, 'reap', 'read', 'stop', 'resume']).check(
      z.meta({
        description:
          'What was to be ended; or a run of a reaper, a read with literals, the stop of every kill, or its end.',
      }),
    ),
    sessionId: z.nullable(idSchema).check(z.meta({ description: 'As it was asked for; null for no single session.' })),
    sessionTag: textOrNull('The session tag. null, as are the fields below to identity, where you may not view it.'),
    statementTag: textOrNull('The statement tag, where there was a statement.'),
    user: textOrNull('Database user.'),
    host: textOrNull('Address of the client.'),
    db: textOrNull('Default database.'),
    command: textOrNull('Command.'),
    time: secondsOrNull('Seconds in the command when it was read.'),
    statement: textOrNull('Masked, and cut off.'),
    identity: z.nullable(identitySchema),
    reaper: textOrNull('The reaper whose rule wanted it; null where a person did.'),
    reason: textOrNull('What the caller gave as reason, or the conditions of the rule that hit.'),
    escalates: textOrNull('The record of the cancelled statement that still ran, and so cost its session.'),
    filter: textOrNull('Of a read: its filters.'),
    count: z.nullable(z.number()).check(z.meta({ description: 'Of a read: how many statements were shown.' })),
    correlationId: text('The request ID.', 'JKJaXmPLvHcESHA='),
    outcome: z.nullable(z.enum([...OUTCOMES, 'failed', 'unknown', 'kept', 'approved', 'shown', 'done'])),
    proven: provenSchema,
    detail: textOrNull('The code of an error, or the rule that refused.'),
    outcomeAt: textOrNull('When the outcome was known, ISO 8601 in UTC; null while the intent is open.'),
  })
  .check(z.meta({ id: 'AuditRecord' })) satisfies AnswerSchema<AuditRecord>;

const chosen = {
  id: idSchema,
  tag: z.string(),
  user: textOrNull('Database user.'),
  host: textOrNull('Address of the client.'),
  db: textOrNull('Default database.'),
  command: z.string(),
  time: secondsOrNull('Seconds in the command.'),
  reasons: z.array(text('A condition that hit, with its value.', 'idle: 12m, wanted 10m or more')),
};

const victimSchema = z
  .strictObject({
    ...chosen,
    outcome: z.nullable(z.enum(OUTCOMES)).check(z.meta({ description: 'null in a dry run.' })),
    proven: z.boolean(),
    auditId: textOrNull('The audit record; null where nothing was attempted.'),
    code: z.nullable(codeSchema),
  })
  .check(z.meta({ id: 'ReapVictim' })) satisfies AnswerSchema<ReapVictim>;

const sparedSchema = z
  .strictObject({
    id: idSchema,
    user: textOrNull('Database user.'),
    reason: text('The one thing that saved it.', 'idle: 4m, wanted 10m or more'),
  })
  .check(z.meta({ id: 'Spared' })) satisfies AnswerSchema<SparedView>;

const warnedSchema = z
  .strictObject({
    ...chosen,
    stage: z
      .enum(['would-warn', 'warned', 'waiting', 'kept', 'unsure'])
      .check(z.meta({ description: 'Of the warning; would-warn in a dry run.' })),
    until: textOrNull('When it may be ended, or is warned again, ISO 8601 in UTC; null until the message is posted.'),
    keptBy: textOrNull('Who keeps it.'),
  })
  .check(z.meta({ id: 'WarnedVictim' })) satisfies AnswerSchema<WarnedVictim>;

/** {@link ReapReport} */
export const reapSchema = z
  .strictObject({
    target: text('Name of the target.', 'local'),
    reaper: textOrNull('Name of the reaper; null for a rule that came with the call.'),
    dryRun: z.boolean(),
    kill: z.enum(['connection', 'query']),
    sessions: z.number().check(z.meta({ description: 'All that the server listed, our own not counted.' })),
    victims: z.array(victimSchema),
    spared: z.array(sparedSchema),
    warned: z.array(warnedSchema).check(z.meta({ description: 'Chosen, but warned first or kept by a person.' })),
    undecidable: z.array(undecidableSchema).check(
      z.meta({
        description: 'What the rule asks for and the target never shows. No session that depends on it is ended.',
      }),
    ),
    held: textOrNull('The limit that held the whole run back.'),
    approval: z
      .nullable(
        z.strictObject({
          victims: z.array(z.strictObject(chosen)),
          held: textOrNull('The limit past which nothing is ended, approved or not.'),
          digest: z.string().check(z.meta({ description: 'Names these and `victims`: ask for the approval with it.' })),
        }),
      )
      .check(z.meta({ description: 'Of a dry run of a rule: those whose end a person must approve first.' })),
    digest: textOrNull(
      'Of a dry run of a rule that came with the call: names its victims, and goes with the call that ends them.',
    ),
  })
  .check(z.meta({ id: 'Reap' })) satisfies AnswerSchema<ReapReport<string | null>>;

/** {@link ApprovalView} */
export const approvalSchema = z
  .strictObject({
    target: text('Name of the target.', 'local'),
    id: textOrNull('To look again; null where no approval is needed.'),
    state: z.enum(['not-needed', 'open', 'approved', 'denied', 'expired']),
    expiresAt: textOrNull('Until when it may be decided, ISO 8601 in UTC.'),
    decidedBy: textOrNull('Who approved or denied it.'),
    auditId: textOrNull('The audit record of the question.'),
    results: z
      .nullable(
        z.array(
          z.strictObject({
            id: idSchema,
            kind: kindSchema,
            outcome: z.nullable(outcomeSchema),
            proven: provenSchema,
            auditId: auditIdSchema,
            code: z.nullable(codeSchema),
          }),
        ),
      )
      .check(
        z.meta({
          description: 'What became of each after the approval; null while that is not known: the record says it.',
        }),
      ),
    code: z.nullable(codeSchema).check(z.meta({ description: 'Why it failed as a whole, though it was approved.' })),
  })
  .check(z.meta({ id: 'Approval' })) satisfies AnswerSchema<ApprovalView>;

/** {@link BlockerNode} */
export const blockerSchema: z.ZodMiniType<Wire<BlockerNode>> = z.strictObject({
  id: z.nullable(idSchema).check(z.meta({ description: 'null where reason says why.' })),
  session: z.nullable(sessionSchema),
  waitedFor: secondsOrNull('Seconds that it has waited for the one above it.'),
  lock: textOrNull('What it waits for; null for a root.'),
  holdsUp: z.number().check(z.meta({ description: 'How many sessions it holds up, those behind others included.' })),
  longestWait: secondsOrNull('The longest that one of them has waited, in seconds.'),
  likely: z.boolean().check(z.meta({ description: 'It may hold up those below it, and may not.' })),
  ...holderFields,
  get waiters() {
    return z.array(blockerSchema);
  },
});
// By `check`, which copies the schema, it would be asked for before it is there.
z.globalRegistry.add(blockerSchema, { id: 'Blocker' });

import * as z from 'zod/mini';
import type { ForestNode } from '../../../lib/pictures/forest.ts';

// What the command shows of the API's answers, and nothing more of them: a newer server may say more.

const text = z.nullable(z.string());
const seconds = z.nullable(z.number());

/** One session. */
export const sessionSchema = z.object({
  id: z.string(),
  user: text,
  host: text,
  db: text,
  command: z.string(),
  time: seconds,
  state: text,
  tag: z.string(),
  statement: z.nullable(z.object({ text, tag: z.string() })),
  transaction: z.nullable(z.object({ id: text, state: z.string(), time: seconds })),
  protected: z.boolean(),
  /** A connection of Session Warden's own calls. */
  warden: z.boolean(),
  tenant: text,
  proxySessionId: text,
  proxy: text,
  observers: z.nullable(z.array(z.string())),
  unknown: z.array(z.object({ field: z.string(), why: z.string() })),
});
export type Session = z.infer<typeof sessionSchema>;

/** GET …/sessions */
export const pageSchema = z.object({
  sessions: z.array(sessionSchema),
  total: z.number(),
  next: text,
  undecided: z.number(),
});

const groupSchema = z.object({
  value: text,
  known: z.boolean(),
  count: z.number(),
  idle: z.number(),
  inTransaction: z.number(),
  transactionUnknown: z.number(),
  oldest: seconds,
  example: z.object({ id: z.string() }),
});

/** GET …/sessions?groupBy= */
export const groupsSchema = z.object({
  groups: z.array(groupSchema),
  more: z.number(),
  total: z.number(),
  undecided: z.number(),
});

const holder = { id: text, seconds, likely: z.boolean() };

/** GET …/sessions/ID */
export const detailSchema = z.object({
  ...sessionSchema.shape,
  locks: z.nullable(
    z.object({
      blocks: z.array(z.object(holder)),
      waitsFor: z.array(z.object({ ...holder, lock: z.string(), reason: text, xa: z.array(z.string()) })),
    }),
  ),
});
export type Detail = z.infer<typeof detailSchema>;

const blockerSchema: z.ZodMiniType<ForestNode> = z.object({
  id: text,
  session: z.nullable(z.object({ user: text })),
  waitedFor: seconds,
  lock: text,
  holdsUp: z.number(),
  longestWait: seconds,
  likely: z.boolean(),
  reason: text,
  xa: z.array(z.string()),
  get waiters() {
    return z.array(blockerSchema);
  },
});

/** GET …/blockers */
export const blockersSchema = z.object({ blockers: z.array(blockerSchema) });

/** DELETE …/sessions/ID and …/query */
export const killSchema = z.object({
  id: z.string(),
  outcome: z.string(),
  proven: z.boolean(),
  auditId: text,
  hint: text,
});

const chosen = {
  id: z.string(),
  tag: z.string(),
  user: text,
  host: text,
  db: text,
  command: z.string(),
  time: seconds,
  reasons: z.array(z.string()),
};

const endOf = { outcome: text, proven: z.boolean(), auditId: text, code: text };

/** POST …/kills */
export const bulkSchema = z.object({ results: z.array(z.object({ id: z.string(), ...endOf })) });

/** POST …/approvals and GET …/approvals/ID */
export const approvalSchema = z.object({
  id: text,
  state: z.string(),
  expiresAt: text,
  decidedBy: text,
  results: z.nullable(bulkSchema.shape.results),
  code: text,
});
export type Approval = z.infer<typeof approvalSchema>;

/** POST …/reaps */
export const reapSchema = z.object({
  kill: z.enum(['connection', 'query']),
  sessions: z.number(),
  victims: z.array(z.object({ ...chosen, ...endOf })),
  spared: z.array(z.object({ id: z.string(), user: text, reason: z.string() })),
  warned: z.array(z.object({ ...chosen, stage: z.string() })),
  undecidable: z.array(z.object({ field: z.string(), why: z.string() })),
  held: text,
  approval: z.nullish(z.object({ victims: z.array(z.object(chosen)), held: text, digest: z.string() })),
  digest: z.nullish(z.string()),
});
export type Reap = z.infer<typeof reapSchema>;
export type Victim = Reap['victims'][number];

/** GET …/health */
export const healthSchema = z.object({
  target: z.string(),
  reachable: z.boolean(),
  engine: text,
  version: text,
  latencyMs: z.nullable(z.number()),
  encryption: z.nullable(z.object({ mode: z.string(), weakness: text })),
  source: z.nullable(z.object({ name: z.string(), weakness: text })),
  missing: z.array(z.object({ name: z.string(), effect: z.string(), grant: z.string() })),
  undecidable: z.array(
    z.object({ reaper: z.string(), field: z.string(), why: z.string(), grants: z.array(z.string()) }),
  ),
  connections: z.nullish(z.object({ used: z.number(), most: z.number() })),
  running: z.nullish(z.number()),
  waiting: z.nullish(z.number()),
  problem: z.nullable(z.object({ code: z.string(), detail: text, hint: z.string() })),
});
export type Health = z.infer<typeof healthSchema>;

/** GET /targets */
export const targetsSchema = z.object({
  targets: z.array(z.object({ name: z.string(), engine: text, version: text, reachable: z.boolean() })),
});

/** GET, PUT and DELETE /stop */
export const stopSchema = z.object({
  stopped: z.boolean(),
  by: z.nullable(z.object({ source: z.string(), subject: z.string() })),
  reason: text,
  since: text,
});

const recordSchema = z.object({
  id: z.string(),
  at: z.string(),
  target: z.string(),
  principal: z.object({ source: z.string(), subject: z.string() }),
  kind: z.string(),
  sessionId: text,
  user: text,
  statement: text,
  reaper: text,
  reason: text,
  outcome: text,
  detail: text,
});
export type AuditRecord = z.infer<typeof recordSchema>;

/** GET /audit */
export const recordsSchema = z.object({ records: z.array(recordSchema), next: text });

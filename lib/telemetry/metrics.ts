/** CloudWatch's namespace of every metric here. */
export const NAMESPACE = 'SessionWarden';

/** The value of the dimension `service` where `POWERTOOLS_SERVICE_NAME` names none. */
export const SERVICE = 'session-warden';

/** What stands for any value that is not of a dimension's closed set. */
export const OTHER = 'other';

/** One metric, as plain data: the code that emits, the dashboard, the alarms and the documentation read the same table. */
export interface MetricDefinition {
  readonly unit: 'Count' | 'Milliseconds' | 'Seconds';
  /** What to look at: counters are summed, a look's findings averaged or their worst taken, times seen by percentile. */
  readonly statistic: 'Sum' | 'Average' | 'Maximum' | 'p95';
  /**
   * Each dimension with its closed set of values, `other` besides. A name of a target or a user, or free text, is never
   * one. Every metric is emitted twice: with these and `service`, and with `service` alone.
   */
  readonly dimensions: Readonly<Record<string, readonly string[]>>;
  /** One sentence. */
  readonly meaning: string;
}

/** Every metric by its name. */
export const METRICS = {
  Sessions: {
    unit: 'Count',
    statistic: 'Average',
    dimensions: {},
    meaning: "Sessions in one target's process list, whenever the whole of it is read; ours is not counted.",
  },
  ActiveSessions: {
    unit: 'Count',
    statistic: 'Average',
    dimensions: {},
    meaning: 'Those of them that do something.',
  },
  IdleSessions: {
    unit: 'Count',
    statistic: 'Average',
    dimensions: {},
    meaning: 'Those of them that sleep outside of a transaction.',
  },
  IdleInTransactionSessions: {
    unit: 'Count',
    statistic: 'Average',
    dimensions: {},
    meaning: 'Those of them that sleep in an open transaction, as far as our account may see it.',
  },
  DyingSessions: {
    unit: 'Count',
    statistic: 'Average',
    dimensions: {},
    meaning: 'Those of them that were sent a KILL and have not ended yet.',
  },
  Kills: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: {
      outcome: [
        'terminated',
        'query-cancelled',
        'already-gone',
        'changed',
        'pending',
        'refused',
        'nothing-running',
        'cut-another',
        'failed',
        'unknown',
      ],
    },
    meaning: 'Kills that were asked for, by what became of them; `unknown` leaves its intent open for the sweep.',
  },
  ReaperRuns: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: { mode: ['enforce', 'dry-run'] },
    meaning: 'Runs of a reaper on a target that came to their end; none for a while means that reapers are silent.',
  },
  ReaperVictims: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: { mode: ['enforce', 'dry-run'] },
    meaning: 'Sessions that reapers chose: to end them, or in a dry run to tell of them.',
  },
  ReapersHeld: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: { limit: ['perRun', 'share'] },
    meaning: 'Runs that one of their limits held back, so that nothing was ended at all.',
  },
  OrdersPlanned: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: {},
    meaning: 'Messages that the planner put on the queue, one for each reaper and target that were due.',
  },
  TargetsLate: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: { cause: ['queue', 'failure'] },
    meaning:
      'Orders that were not done before the next one was due: they waited in the queue for too long, or failed until then.',
  },
  OpenIntents: {
    unit: 'Count',
    statistic: 'Maximum',
    dimensions: {},
    meaning: 'Records of kills that a sweep had to leave open, for it could not ask their targets.',
  },
  OldestOpenIntent: {
    unit: 'Seconds',
    statistic: 'Maximum',
    dimensions: {},
    meaning: 'Age of the oldest record that a sweep left open; 0 where it left none.',
  },
  Refusals: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: {
      code: [
        'request-invalid',
        'tag-invalid',
        'answer-too-large',
        'not-allowed',
        'privilege-needed',
        'approval-needed',
        'protected',
        'target-not-found',
        'session-not-found',
        'reaper-not-found',
        'route-not-found',
        'method-not-allowed',
        'idempotency-in-flight',
        'tag-mismatch',
        'body-too-large',
        'media-type-unsupported',
        'idempotency-key-reused',
        'tag-required',
        'too-many-requests',
        'kills-stopped',
      ],
    },
    meaning: 'Requests, or single kills of many, that a rule or their own form forbade, by the code of the answer.',
  },
  AuthenticationFailures: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: { reason: ['unauthenticated', 'signature-invalid', 'unmapped'] },
    meaning: 'Requests without an identity, webhooks whose signature does not hold, and chat users that no rule maps.',
  },
  Errors: {
    unit: 'Count',
    statistic: 'Sum',
    dimensions: {
      code: [
        'internal',
        'configuration-invalid',
        'target-denied',
        'target-privilege-missing',
        'chat-failed',
        'target-elsewhere',
        'target-failed',
        'target-unreachable',
        'target-full',
        'credentials-unavailable',
        'audit-unavailable',
        'state-unavailable',
        'target-timeout',
      ],
    },
    meaning:
      'Requests, orders or single kills of many that failed on our side or the database’s, by the code of the answer.',
  },
  ConnectLatency: {
    unit: 'Milliseconds',
    statistic: 'p95',
    dimensions: {},
    meaning: 'Until a target had let us in and told who it is, credentials included; failed tries count too.',
  },
  ListLatency: {
    unit: 'Milliseconds',
    statistic: 'p95',
    dimensions: {},
    meaning: 'One look at the process list, of the whole of it or of the sessions to be ended.',
  },
  KillLatency: {
    unit: 'Milliseconds',
    statistic: 'p95',
    dimensions: {},
    meaning: 'One round trip that compares victims on the server and ends them.',
  },
  SettleLatency: {
    unit: 'Milliseconds',
    statistic: 'p95',
    dimensions: {},
    meaning: 'From the KILL until its victims were gone, or we looked no more.',
  },
  RecordLatency: {
    unit: 'Milliseconds',
    statistic: 'p95',
    dimensions: {},
    meaning: "One write to the record: a call's intents, or their outcomes.",
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric; see {@link METRICS}. */
export type MetricName = keyof typeof METRICS;

/** The dimensions that a metric takes, each with one value of its set. */
export type DimensionsOf<Name extends MetricName> = {
  readonly [Dimension in keyof (typeof METRICS)[Name]['dimensions']]: (typeof METRICS)[Name]['dimensions'][Dimension] extends readonly (infer Value)[]
    ? Value
    : never;
};

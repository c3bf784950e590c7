/** CloudWatch's namespace of every metric here. */
export const NAMESPACE = 'SessionWarden';

/** The value of the dimension `service` if `POWERTOOLS_SERVICE_NAME` is not set. */
export const SERVICE = 'session-warden';

/** Replaces any value that is not in the closed set of a dimension. */
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

const counted = { unit: 'Count', statistic: 'Sum' } as const;
const looked = { unit: 'Count', statistic: 'Average', dimensions: {} } as const;
const timed = { unit: 'Milliseconds', statistic: 'p95', dimensions: {} } as const;

/** Every metric by its name. */
export const METRICS = {
  Sessions: {
    ...looked,
    meaning: "Sessions in one target's process list, each time the whole list is read; ours is not counted.",
  },
  ActiveSessions: { ...looked, meaning: 'Sessions that are active.' },
  IdleSessions: { ...looked, meaning: 'Sessions that sleep outside a transaction.' },
  IdleInTransactionSessions: {
    ...looked,
    meaning: 'Sessions that sleep in an open transaction; not measured if our account sees no transactions.',
  },
  DyingSessions: { ...looked, meaning: 'Sessions that were sent a KILL and have not ended yet.' },
  Canaries: {
    ...counted,
    dimensions: { found: ['at-once', 'elsewhere', 'nowhere'] },
    meaning:
      'Checks that a process list shows our own session: the best list does, or only a lesser one, or none. If none does, nothing is listed or ended there.',
  },
  Kills: {
    ...counted,
    // The outcomes, and two ends that are none.
    // biome-ignore format: a set is easier to read as one
    dimensions: {
      outcome: [
        'terminated', 'query-cancelled', 'already-gone', 'changed', 'pending', 'refused', 'nothing-running', 'cut-another', 'failed', 'unknown',
      ],
    },
    meaning: 'Requested kills by outcome; `unknown` leaves its intent open for the sweep.',
  },
  ReaperRuns: {
    ...counted,
    dimensions: { mode: ['enforce', 'dry-run'] },
    meaning: 'Completed runs of a reaper on a target. If there are none for a while, reapers are silent.',
  },
  ReaperVictims: {
    ...counted,
    dimensions: { mode: ['enforce', 'dry-run'] },
    meaning: 'Sessions that reapers chose to end, or to report in a dry run; none if a limit held the run.',
  },
  ReapersHeld: {
    ...counted,
    dimensions: { limit: ['perRun', 'share', 'state'] },
    meaning: 'Runs held back by a limit, or by a warning that could not be read or written. Nothing was ended.',
  },
  Warnings: {
    ...counted,
    dimensions: { step: ['asked', 'kept'] },
    meaning: 'Victims whose owners are warned before the kill, and sessions that a user kept.',
  },
  OrdersPlanned: {
    ...counted,
    dimensions: {},
    meaning: 'Messages that the planner put on the queue, one for each due reaper and target.',
  },
  TargetsLate: {
    ...counted,
    dimensions: { cause: ['queue', 'failure'] },
    meaning:
      'Orders that were not done before the next one was due: they waited too long in the queue, or kept failing.',
  },
  OpenIntents: {
    unit: 'Count',
    statistic: 'Maximum',
    dimensions: {},
    meaning: 'Kill records that a sweep left open because it could not ask their targets.',
  },
  OldestOpenIntent: {
    unit: 'Seconds',
    statistic: 'Maximum',
    dimensions: {},
    meaning: 'Age of the oldest record that a sweep left open; 0 if there is none.',
  },
  Refusals: {
    ...counted,
    // biome-ignore format: a set is easier to read as one
    dimensions: {
      code: [
        'request-invalid', 'tag-invalid', 'answer-too-large', 'not-allowed', 'privilege-needed', 'approval-needed', 'protected',
        'target-not-found', 'session-not-found', 'reaper-not-found', 'approval-not-found', 'route-not-found', 'method-not-allowed',
        'idempotency-in-flight', 'tag-mismatch', 'body-too-large', 'media-type-unsupported', 'idempotency-key-reused',
        'tag-required', 'identity-approximate', 'too-many-requests', 'too-many-kills', 'kills-stopped',
      ],
    },
    meaning:
      'Requests, orders, or single kills of a batch that were refused by a rule or for their form, by error code.',
  },
  AuthenticationFailures: {
    ...counted,
    dimensions: { reason: ['unauthenticated', 'signature-invalid', 'unmapped'] },
    meaning: 'Requests without an identity, webhooks with an invalid signature, and chat users that no rule maps.',
  },
  Errors: {
    ...counted,
    // biome-ignore format: a set is easier to read as one
    dimensions: {
      code: [
        'internal', 'configuration-invalid', 'target-denied', 'target-account-locked', 'target-password-expired',
        'target-login-method', 'target-address-refused', 'target-address-blocked', 'target-database-unknown',
        'target-tls-required', 'target-tls-absent', 'target-tls-old', 'target-tls-failed',
        'target-certificate-untrusted', 'target-certificate-self-signed', 'target-certificate-expired',
        'target-certificate-name', 'target-certificate-changed', 'target-privilege-missing', 'chat-failed',
        'chat-unreachable', 'target-elsewhere', 'target-failed', 'target-unreachable', 'target-host-unknown',
        'target-port-closed', 'target-silent', 'target-shutting-down', 'target-offline', 'target-full',
        'target-account-full', 'credentials-unavailable', 'audit-unavailable', 'state-unavailable', 'target-timeout',
      ],
    },
    meaning: 'Requests, orders, or single kills of a batch that failed on our side or on the database, by error code.',
  },
  ConnectLatency: {
    ...timed,
    meaning: 'Time to log in to a target and identify it, including reading credentials; failed tries count too.',
  },
  ListLatency: {
    ...timed,
    meaning: 'One read of the process list, either all of it or the sessions to be ended.',
  },
  KillLatency: { ...timed, meaning: 'One round trip that compares victims on the server and ends them.' },
  SettleLatency: { ...timed, meaning: 'From the KILL until its victims were gone, or until we stopped checking.' },
  RecordLatency: { ...timed, meaning: "One write to the record: a call's intents, or their outcomes." },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The name of a metric; see {@link METRICS}. */
export type MetricName = keyof typeof METRICS;

/** The dimensions that a metric takes, each with one value of its set. */
export type DimensionsOf<Name extends MetricName> = {
  readonly [Dimension in keyof (typeof METRICS)[Name]['dimensions']]: (typeof METRICS)[Name]['dimensions'][Dimension] extends readonly (infer Value)[]
    ? Value
    : never;
};

/** What was seen of one metric with one set of dimensions since the last time that samples were taken. */
export interface Sample {
  readonly name: MetricName;
  readonly dimensions: Readonly<Record<string, string>>;
  /** A counter's sum alone, or each measure. */
  readonly values: readonly number[];
}

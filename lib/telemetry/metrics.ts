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

const counted = { unit: 'Count', statistic: 'Sum' } as const;
const looked = { unit: 'Count', statistic: 'Average', dimensions: {} } as const;
const timed = { unit: 'Milliseconds', statistic: 'p95', dimensions: {} } as const;

/** Every metric by its name. */
export const METRICS = {
  Sessions: {
    ...looked,
    meaning: "Sessions in one target's process list, whenever the whole of it is read; ours is not counted.",
  },
  ActiveSessions: { ...looked, meaning: 'Those of them that do something.' },
  IdleSessions: { ...looked, meaning: 'Those of them that sleep outside of a transaction.' },
  IdleInTransactionSessions: {
    ...looked,
    meaning: 'Those of them that sleep in an open transaction; not measured where our account sees no transactions.',
  },
  DyingSessions: { ...looked, meaning: 'Those of them that were sent a KILL and have not ended yet.' },
  Canaries: {
    ...counted,
    dimensions: { found: ['at-once', 'elsewhere', 'nowhere'] },
    meaning:
      'Looks for our own session in a process list, which must show it: the best list did, or only a lesser one, or none, and then nothing is listed or ended there.',
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
    meaning: 'Kills that were asked for, by what became of them; `unknown` leaves its intent open for the sweep.',
  },
  ReaperRuns: {
    ...counted,
    dimensions: { mode: ['enforce', 'dry-run'] },
    meaning: 'Runs of a reaper on a target that came to their end; none for a while means that reapers are silent.',
  },
  ReaperVictims: {
    ...counted,
    dimensions: { mode: ['enforce', 'dry-run'] },
    meaning:
      'Sessions that reapers chose, to end them, or in a dry run to tell of them; none where a limit held the run.',
  },
  ReapersHeld: {
    ...counted,
    dimensions: { limit: ['perRun', 'share', 'state'] },
    meaning:
      'Runs that one of their limits held back, or a warning that could not be read or written: nothing was ended at all.',
  },
  Warnings: {
    ...counted,
    dimensions: { step: ['asked', 'kept'] },
    meaning: 'Victims whose owners were to be warned first, and those that somebody kept.',
  },
  OrdersPlanned: {
    ...counted,
    dimensions: {},
    meaning: 'Messages that the planner put on the queue, one for each reaper and target that were due.',
  },
  TargetsLate: {
    ...counted,
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
    ...counted,
    // biome-ignore format: a set is easier to read as one
    dimensions: {
      code: [
        'request-invalid', 'tag-invalid', 'answer-too-large', 'not-allowed', 'privilege-needed', 'approval-needed', 'protected',
        'target-not-found', 'session-not-found', 'reaper-not-found', 'route-not-found', 'method-not-allowed',
        'idempotency-in-flight', 'tag-mismatch', 'body-too-large', 'media-type-unsupported', 'idempotency-key-reused',
        'tag-required', 'identity-approximate', 'too-many-requests', 'too-many-kills', 'kills-stopped',
      ],
    },
    meaning:
      'Requests, orders, or single kills of many that a rule or their own form forbade, by the code of the answer.',
  },
  AuthenticationFailures: {
    ...counted,
    dimensions: { reason: ['unauthenticated', 'signature-invalid', 'unmapped'] },
    meaning: 'Requests without an identity, webhooks whose signature does not hold, and chat users that no rule maps.',
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
    meaning:
      'Requests, orders, or single kills of many that failed on our side or on the database, by the code of the answer.',
  },
  ConnectLatency: {
    ...timed,
    meaning: 'Until a target had let us in and told who it is, credentials included; failed tries count too.',
  },
  ListLatency: {
    ...timed,
    meaning: 'One look at the process list, at the whole of it or at the sessions to be ended.',
  },
  KillLatency: { ...timed, meaning: 'One round trip that compares victims on the server and ends them.' },
  SettleLatency: { ...timed, meaning: 'From the KILL until its victims were gone, or we looked no more.' },
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

/** A variable of a function's environment. */
interface Variable {
  readonly about: string;
  readonly default: string;
  /** Read outside of the wiring, by every function: by telemetry, Powertools or Lambda. */
  readonly everywhere?: true;
}

/**
 * Every variable that a function may read. Data for types and for docs/configuration.md, which is written from it: no bundle
 * holds it.
 */
export const VARIABLES = {
  WARDEN_CONFIG: { about: 'the configuration file', default: '`warden.yaml`' },
  SECRET_PREFIX: {
    about: "the prefix of the names of all targets' secrets",
    default: 'required, unless there is a tag',
  },
  SECRET_TAG: { about: "`key=value`, a tag on all targets' secrets, compared exactly", default: 'none' },
  SECRET_SECONDS: {
    about:
      "how long a function caches a secret, 1 to 99999. The schedule's workers cache it for an hour, because AWS bills each read",
    default: '300',
  },
  AUDIT_TABLE: { about: 'DynamoDB table of the record. Without it every kill is refused', default: 'none' },
  AUDIT_RETENTION_DAYS: { about: 'how long a record is kept, 1 to 99999', default: '400' },
  STATE_TABLE: {
    about:
      "DynamoDB table of short-lived state: the stop, kill counts, idempotency keys, replays, chat requests, reaper warnings. Without it people cannot end anything. The planner's messages and rules with `warn` need it too",
    default: 'none',
  },
  REAP_QUEUE_URL: {
    about: 'the SQS queue between `plan-reaps` and `reap-target`',
    default: 'required by these two',
  },
  CHAT_QUEUE_URL: {
    about:
      'the SQS queue from which `chat-worker` takes reaper reports and warnings. `reap-target`, `preview-reap` and `run-command` send to it. `chat-worker` itself sends answers that its platform did not accept',
    default: 'required by rules with `warn` or `report`, and by `chat-worker`',
  },
  CHAT_SECRET: {
    about:
      'the ARN of the chat secret; for `chat-worker` one for each platform, with commas ([chat-ops.md](chat-ops.md))',
    default: 'required by the chat functions',
  },
  CHAT_WORKER_FUNCTION: { about: 'the name of `chat-worker`', default: 'required by the receivers' },
  RUN_COMMAND_FUNCTION: { about: 'the name of `run-command`', default: 'required by `chat-worker`' },
  POWERTOOLS_SERVICE_NAME: {
    about:
      'the dimension `service` of metrics, and the service name in logs and traces: one for each deployment in an account',
    default: '`session-warden`',
    everywhere: true,
  },
  POWERTOOLS_METRICS_DISABLED: {
    about: '`true`: no metrics; `false`: metrics on one machine too ([operations.md](operations.md))',
    default: 'metrics on Lambda only',
    everywhere: true,
  },
  POWERTOOLS_LOG_LEVEL: { about: '`DEBUG`, `INFO`, `WARN`, `ERROR`, `SILENT`', default: '`INFO`', everywhere: true },
  AWS_LAMBDA_EXEC_WRAPPER: {
    about: 'the wrapper with which a tracing layer starts the function (`tracing.layerArn` in [deploy.md](deploy.md))',
    default: 'none',
    everywhere: true,
  },
} as const satisfies Readonly<Record<string, Variable>>;

type Table = typeof VARIABLES;

/** A variable that the wiring reads. */
export type VariableName = {
  [Name in keyof Table]: Table[Name] extends { readonly everywhere: true } ? never : Name;
}[keyof Table];

import { AppError } from '../../lib/errors.ts';

/** A variable of a function's environment. */
interface Variable {
  readonly about: string;
  readonly default: string;
  /** Read outside of the wiring, by every function: by telemetry, Powertools or Lambda. */
  readonly everywhere?: true;
}

/**
 * Every variable that a function may read. Data for types and for docs/configuration.md, which is written from it: bundles
 * leave it out.
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
      "seconds that a function caches a secret, 1 to 99999. The schedule's workers cache it for an hour, because AWS bills each read",
    default: '300',
  },
  AUDIT_TABLE: { about: 'DynamoDB table of the record. Without it every kill is refused', default: 'none' },
  AUDIT_RETENTION_DAYS: { about: 'days that a record is kept, 1 to 99999', default: '400' },
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
  CONSOLE_SIGN_IN: {
    about:
      'JSON by which the console signs people in at an issuer: `issuer`, `clientId`, `scope`, `resource`, `audience`, `origins` ([deploy.md](deploy.md#the-console))',
    default: 'required by `get-console`',
  },
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

/** The environment of a function, of which it reads nothing that docs/configuration.md does not list. */
export type Env = Readonly<Partial<Record<VariableName, string | undefined>>>;

/** An environment variable. @throws AppError `configuration-invalid` where it is not set */
export function named(env: Env, name: VariableName): string {
  const value = env[name];
  if (value) return value;
  throw new AppError('configuration-invalid', { detail: `${name} is not set.` });
}

/** A whole number from 1 to 99999. @throws AppError `configuration-invalid` where it is set to anything else */
export function numbered(env: Env, name: VariableName, otherwise: number): number {
  const value = env[name] || String(otherwise);
  if (/^[1-9]\d{0,4}$/.test(value)) return Number(value);
  throw new AppError('configuration-invalid', { detail: `${name}: write a whole number from 1 to 99999.` });
}

/**
 * Made once for each Lambda environment, and again after its life; a failure is not kept.
 *
 * @param lifeMs - milliseconds; without them it lives as long as the environment
 */
export function loadOnce<T>(make: (env: Env) => Promise<T>, lifeMs = Number.POSITIVE_INFINITY): () => Promise<T> {
  let made: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (made !== undefined && performance.now() < until) return made;
    until = performance.now() + lifeMs;
    made = make(process.env).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * Options of every client of AWS's control and data stores: no answer, or one that stops in its middle, ends a try instead of
 * holding a call for as long as its function may run. DynamoDB, SQS, Secrets Manager and Parameter Store answer in some
 * ten milliseconds. All in milliseconds.
 *
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-timeout.html
 */
export const AWS_LIMITS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    // Else the SDK only warns.
    throwOnRequestTimeout: true,
    socketTimeout: 2_000,
  },
} as const;

/** `run-command` may take its 60 seconds: who waits for its answer waits a little longer, or the command would be given twice. */
export const RUN_COMMAND_LIMITS = {
  maxAttempts: 2,
  requestHandler: { ...AWS_LIMITS.requestHandler, requestTimeout: 65_000, socketTimeout: 65_000 },
} as const;

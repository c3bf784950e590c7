import type { AuditStore } from './audit/audit.ts';
import { AWS_LIMITS } from './aws-limits.ts';
import type { WardenConfig } from './config.ts';
import type { Target, TargetDirectory } from './credentials/credentials.ts';
import { connectionLimit, type Purpose } from './database/connection-limit.ts';
import type { Database } from './database/database.ts';
import { openDatabase } from './database/open-database.ts';
import { AppError } from './errors.ts';
import { type Env, loadOnce, numbered } from './function-environment.ts';
import type { Idempotency } from './idempotency/idempotency.ts';
import { createIdempotency } from './idempotency/powertools.ts';
import { loadConfig } from './load-config.ts';
import type { ReaperChat } from './reaper/reaper-chat.ts';
import { type ReadParameter, type StopSwitch, stopSwitch } from './stop-switch.ts';
import { targetDirectory } from './target-directory.ts';
import { step } from './telemetry/call.ts';

/** What the use cases need from outside. Handlers get it from `services()`, a single machine from `local/`. */
export interface Services {
  readonly config: WardenConfig;
  readonly targets: TargetDirectory;
  readonly audit: AuditStore;
  /** Makes a request happen once; where there is no store for it, a request that asks for that is refused. */
  readonly idempotency: Idempotency;
  /** Stops every kill of every kind at once. */
  readonly stopped: StopSwitch;
  /** How reapers talk to people. @throws AppError `state-unavailable` where nothing is configured for that */
  readonly reaperChat: () => Promise<ReaperChat>;
  /**
   * Opens the one connection of a call, once `limits` leave room for it; kills go first. The caller closes it, whatever
   * happens. The ID goes into the SQL of its kills.
   *
   * @throws AppError `too-many-requests`, the `target-…` family
   */
  readonly open: (target: Target, correlationId?: string, purpose?: Purpose) => Promise<Database>;
}

/** A place for the audit record that keeps none: until there is a store, every kill is refused. */
const noAuditStore: AuditStore = {
  begin: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  beginAll: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  finish: () => Promise.reject(new AppError('audit-unavailable')),
  finishAll: (outcomes) => Promise.resolve([...outcomes.keys()]),
  list: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  open: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
};

const noIdempotency: Idempotency = {
  once: () => Promise.reject(new AppError('state-unavailable', { detail: 'No store for it is configured.' })),
};

const noReaperChat = (): Promise<ReaperChat> =>
  Promise.reject(new AppError('state-unavailable', { detail: 'No queue for messages is configured.' }));

/** Puts the parts together: the same on Lambda and on one machine. */
export function createServices(
  config: WardenConfig,
  targets: TargetDirectory,
  audit: AuditStore,
  idempotency: Idempotency = noIdempotency,
  readStop?: ReadParameter,
  reaperChat: Services['reaperChat'] = noReaperChat,
): Services {
  const enter = connectionLimit(config.limits);
  const open: Services['open'] = async (target, correlationId, purpose = 'look') => {
    const leave = await enter(target.name, purpose);
    try {
      const limits = { ...config.timeouts, ca: config.tls.ca };
      const database = await step('connect', () => openDatabase(targets, target, limits, correlationId));
      const close = database.close.bind(database);
      database.close = () => close().finally(leave);
      return database;
    } catch (error) {
      leave();
      throw error;
    }
  };
  return { config, targets, audit, idempotency, stopped: stopSwitch(config.stop, readStop), reaperChat, open };
}

async function loadServices(env: Env): Promise<Services> {
  const config = await loadConfig(env);
  const targets = await targetDirectory(env);
  const reaperChat = loadOnce(async () => (await import('./reaper-chat-services.ts')).loadReaperChat(env, config));
  return createServices(config, targets, await auditStoreOf(env), idempotencyOf(env), stopParameterOf(env), reaperChat);
}

/** The Parameter Store parameter that `STOP_PARAMETER` names; its client is loaded with the first kill. */
function stopParameterOf(env: Env): ReadParameter | undefined {
  const name = env['STOP_PARAMETER'];
  if (!name) return undefined;
  let client: Promise<() => Promise<string | undefined>> | undefined;
  return async () => {
    client ??= import('@aws-sdk/client-ssm').then(({ SSMClient, GetParameterCommand }) => {
      const ssm = new SSMClient({ ...AWS_LIMITS, maxAttempts: 2 });
      return async () => (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
    });
    return (await client)();
  };
}

/** The record in `AUDIT_TABLE`, kept for `AUDIT_RETENTION_DAYS` (400); region and endpoint are the SDK's own to find. */
async function auditStoreOf(env: Env): Promise<AuditStore> {
  const table = env['AUDIT_TABLE'];
  if (!table) return noAuditStore;
  const retentionDays = numbered(env, 'AUDIT_RETENTION_DAYS', 400);
  const [{ DynamoDBClient }, { createDynamoDbAuditStore }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('./audit/dynamodb-audit-store.ts'),
  ]);
  return createDynamoDbAuditStore({
    client: new DynamoDBClient({ ...AWS_LIMITS, maxAttempts: 6 }),
    table,
    retentionDays,
  });
}

/** Keys in `STATE_TABLE`, whose client is loaded with the first request that bears one. */
function idempotencyOf(env: Env): Idempotency {
  const table = env['STATE_TABLE'];
  if (!table) return noIdempotency;
  return createIdempotency(async () => {
    const { DynamoDBPersistenceLayer } = await import('@aws-lambda-powertools/idempotency/dynamodb');
    return new DynamoDBPersistenceLayer({ tableName: table, clientConfig: AWS_LIMITS });
  });
}

/**
 * What the use cases need, made once for each Lambda environment from `WARDEN_CONFIG` (a file's path, default
 * `warden.yaml`), `SECRET_PREFIX` and `SECRET_TAG`.
 *
 * @throws AppError `configuration-invalid`; the next call tries again
 */
export const services: () => Promise<Services> = loadOnce(loadServices);

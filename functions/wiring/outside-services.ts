import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { AuditStore } from '../../lib/audit/audit.ts';
import { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
import { AppError } from '../../lib/errors.ts';
import type { Services } from '../../lib/services.ts';
import { type StopStore, stopSwitch } from '../../lib/sessions/kill/stop-switch.ts';
import { createDynamoDbStopStore } from '../../lib/state/dynamodb-stop-store.ts';
import type { TargetDirectory } from '../../lib/targets/credentials.ts';
import { parseSecretTag } from '../../lib/targets/secret-store.ts';
import { createSecretsManagerDirectory } from '../../lib/targets/secrets-manager.ts';
import { AWS_LIMITS, type Env, loadOnce, numbered } from './environment.ts';
import { loadConfig } from './load-config.ts';

/** What a function needs that speaks to no database: its bundle holds no driver. */
export type OutsideServices = Pick<Services, 'config' | 'targets' | 'audit' | 'stopped' | 'stops'>;

/** A place for the audit record that keeps none: until there is a store, every kill is refused. */
const noAuditStore: AuditStore = {
  begin: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  beginAll: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  note: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  finish: () => Promise.reject(new AppError('audit-unavailable')),
  finishAll: (outcomes) => Promise.resolve([...outcomes.keys()]),
  list: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
  open: () => Promise.reject(new AppError('audit-unavailable', { detail: 'No audit store is configured.' })),
};

/** The record in `AUDIT_TABLE`, kept for `AUDIT_RETENTION_DAYS` (400); region and endpoint are the client's own to find. */
function auditStoreOf(env: Env, client: DynamoDBClient): AuditStore {
  const { AUDIT_TABLE: table } = env;
  if (!table) return noAuditStore;
  return createDynamoDbAuditStore({ client, table, retentionDays: numbered(env, 'AUDIT_RETENTION_DAYS', 400) });
}

/** The stop in `STATE_TABLE`; without it, it is not known whether there is one, and every kill is stopped. */
function stopStoreOf({ STATE_TABLE: table }: Env, client: DynamoDBClient): StopStore {
  if (table) return createDynamoDbStopStore({ client, table });
  const unset = () => Promise.reject(new AppError('configuration-invalid', { detail: 'STATE_TABLE is not set.' }));
  return { read: unset, put: unset, remove: unset };
}

/**
 * What the environment of a function says, with clients that have asked nothing yet. They are imported at once: what every
 * call needs is loaded while Lambda starts the function, where its processor is not yet shared out by memory.
 *
 * @throws AppError `configuration-invalid`
 */
export async function readEnvironment(env: Env): Promise<OutsideServices> {
  const config = await loadConfig(env);
  // One client: the stop is asked where the intent was written, over the same connection.
  const client = new DynamoDBClient({ ...AWS_LIMITS, maxAttempts: 6 });
  const stops = stopStoreOf(env, client);
  const stopped = stopSwitch(config.stop, stops);
  return { config, targets: targetDirectory(env), audit: auditStoreOf(env, client), stopped, stops };
}

/** Made once for each Lambda environment. @throws AppError `configuration-invalid`; the next call tries again */
export const outsideServices: () => Promise<OutsideServices> = loadOnce(readEnvironment);

/**
 * The targets that `SECRET_PREFIX` and `SECRET_TAG` name, each secret kept for `SECRET_SECONDS` (300).
 *
 * @throws AppError `configuration-invalid`
 */
export function targetDirectory(env: Env): TargetDirectory {
  const { SECRET_PREFIX: prefix = '', SECRET_TAG: tag } = env;
  if (!prefix && !tag)
    throw new AppError('configuration-invalid', {
      detail: 'SECRET_PREFIX is not set: the prefix of the names of the secrets that hold targets; nor is SECRET_TAG.',
    });
  const secretSeconds = numbered(env, 'SECRET_SECONDS', 300);
  return createSecretsManagerDirectory({
    prefix,
    ...(tag && { tag: parseSecretTag(tag) }),
    client: new SecretsManagerClient(AWS_LIMITS),
    secretSeconds,
  });
}

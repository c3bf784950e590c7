import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { AuditStore } from './audit/audit.ts';
import { createDynamoDbAuditStore } from './audit/dynamodb-audit-store.ts';
import { AWS_LIMITS } from './aws-limits.ts';
import { AppError } from './errors.ts';
import { type Env, loadOnce, numbered } from './function-environment.ts';
import { loadConfig } from './load-config.ts';
import type { Services } from './services.ts';
import { type ReadParameter, stopSwitch } from './stop-switch.ts';
import { targetDirectory } from './target-directory.ts';

/** What a function needs that speaks to no database: its bundle holds no driver. */
export type OutsideServices = Pick<Services, 'config' | 'targets' | 'audit' | 'stopped'>;

/** The same, with the parameter that `stopped` asks. */
interface Environment extends OutsideServices {
  readonly readStop: ReadParameter | undefined;
}

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
function auditStoreOf(env: Env): AuditStore {
  const { AUDIT_TABLE: table } = env;
  if (!table) return noAuditStore;
  const client = new DynamoDBClient({ ...AWS_LIMITS, maxAttempts: 6 });
  return createDynamoDbAuditStore({ client, table, retentionDays: numbered(env, 'AUDIT_RETENTION_DAYS', 400) });
}

/** The Parameter Store parameter that `STOP_PARAMETER` names. */
function stopParameterOf({ STOP_PARAMETER: name }: Env): ReadParameter | undefined {
  if (!name) return undefined;
  const client = new SSMClient({ ...AWS_LIMITS, maxAttempts: 2 });
  return async () => (await client.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
}

/**
 * What the environment of a function says, with clients that have asked nothing yet. They are imported at once: what every
 * call needs is loaded while Lambda starts the function, where its processor is not yet shared out by memory.
 *
 * @throws AppError `configuration-invalid`
 */
export async function readEnvironment(env: Env): Promise<Environment> {
  const config = await loadConfig(env);
  const readStop = stopParameterOf(env);
  const stopped = stopSwitch(config.stop, readStop);
  return { config, targets: targetDirectory(env), audit: auditStoreOf(env), stopped, readStop };
}

/** Made once for each Lambda environment. @throws AppError `configuration-invalid`; the next call tries again */
export const outsideServices: () => Promise<OutsideServices> = loadOnce(readEnvironment);

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseOptions, parseConfig, type WardenConfig } from '../lib/config/config.ts';
import { AppError } from '../lib/errors.ts';
import { createServices, type Services } from '../lib/services.ts';
import { memoryKillCounter } from '../lib/sessions/kill/kill-limit.ts';
import { printable } from '../lib/sessions/masking/visible.ts';
import { createIdempotency } from '../lib/state/idempotency.ts';
import { createUrlDirectory } from '../lib/targets/database-url.ts';
import { LOCAL_DEFAULT, noRules, withOperator } from './default-config.ts';
import { cacheDir } from './kernel/fetch-kernel.ts';
import { type LocalStores, openAuditStore } from './stores/audit-store.ts';
import { createMemoryPersistence } from './stores/memory-persistence.ts';

/** Services of one machine, and the end of what they hold open. The file is the record's, and holds what else must last. */
export interface LocalServices extends Services {
  close(): void;
}

/** Where audit records are kept: `AUDIT_FILE`, else a file in the cache folder. */
export const auditFile = (env: Readonly<NodeJS.ProcessEnv>): string =>
  env['AUDIT_FILE'] || join(cacheDir(env), 'audit.sqlite');

/**
 * Builds what the use cases need, for targets given by name and URL.
 *
 * @throws AppError `configuration-invalid`, `audit-unavailable`
 */
export function createLocalServices(
  config: WardenConfig,
  targets: ReadonlyMap<string, string>,
  auditPath: string | LocalStores,
  reaperChat?: Services['reaperChat'],
): LocalServices {
  const directory = createUrlDirectory(targets);
  const audit = typeof auditPath === 'string' ? openAuditStore(auditPath) : auditPath;
  const idempotency = createIdempotency(async () => createMemoryPersistence());
  // In the file, so that a person who calls one command after the other is counted too.
  const counter = memoryKillCounter(Date.now, audit.kept('kills'));
  const services = createServices(config, directory, audit, idempotency, audit.stops, reaperChat, counter);
  return { ...services, close: () => audit.close() };
}

/**
 * Reads the configuration that `WARDEN_CONFIG` names, else `warden.yaml` if there, else the documented default. Where it
 * has no access rules, the operator keeps everything.
 *
 * @param warn - is told so
 * @param options - how the file is read
 * @throws AppError `configuration-invalid`
 */
export function readConfig(
  env: Readonly<NodeJS.ProcessEnv>,
  warn: (line: string) => void = (line) => console.error(printable(line)),
  options: ParseOptions = {},
): WardenConfig {
  const named = env['WARDEN_CONFIG'];
  const file = named || 'warden.yaml';
  // A file that somebody named and that is not there must not quietly become the open default.
  if (!named && !existsSync(file)) return LOCAL_DEFAULT;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('configuration-invalid', { detail: `${file}: the file cannot be read.`, cause });
  }
  const config = parseConfig(text, file, options);
  if (config.access.length === 0) warn(noRules(file));
  return withOperator(config);
}

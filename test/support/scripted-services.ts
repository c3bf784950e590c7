import { parseConfig } from '../../lib/config/config.ts';
import { createServices, type Services } from '../../lib/services.ts';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { createMemoryPersistence } from '../../local/stores/memory-persistence.ts';
import { memoryAuditStore } from './memory-audit-store.ts';
import { type Script, scriptedDatabase } from './scripted-database.ts';

/** Everything as on one machine, but the database is scripted, and the audit's records may be read. */
export function scriptedServices(yaml: string, script: Script, targets: readonly string[] = ['local']) {
  const { database, sent } = scriptedDatabase(script);
  const audit = memoryAuditStore();
  const urls = new Map(targets.map((name) => [name, 'mysql://nobody@127.0.0.1:1']));
  const idempotency = createIdempotency(async () => createMemoryPersistence());
  const made = createServices(parseConfig(yaml, 'test'), createUrlDirectory(urls), audit, idempotency);
  const services: Services = { ...made, open: async () => database };
  return { services, audit, sent, database };
}

/** Reaps, and dies as a function does whose time is up: before its second batch goes out. Arguments: URL, audit file. */
import { parseConfig } from '../../lib/config/config.ts';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { createServices, type Services } from '../../lib/services.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { openAuditStore } from '../../local/stores/audit-store.ts';

const CONFIG = `reapers:
  - { name: idle, targets: ['*'], kill: connection, match: { user: warden_r_app, command: Sleep }, victims: all, mode: enforce, limits: { perRun: 1000 } }
`;

const [url = '', file = ''] = process.argv.slice(2);
const services = createServices(
  parseConfig(CONFIG, 'test'),
  createUrlDirectory(new Map([['local', url]])),
  openAuditStore(file),
);
let batches = 0;
const open: Services['open'] = async (target, correlationId) => {
  const database = await services.open(target, correlationId);
  const compareAndKill = database.compareAndKill.bind(database);
  database.compareAndKill = (victims, kind) => {
    batches++;
    if (batches === 2) process.kill(process.pid, 'SIGKILL');
    return compareAndKill(victims, kind);
  };
  return database;
};
await reap(
  { ...services, open },
  { principal: reaperPrincipal('idle'), target: 'local', reaper: 'idle', dryRun: false, correlationId: 'child' },
);

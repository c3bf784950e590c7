/** Reaps in a process of its own, as pt-kill does, and tells its time in milliseconds as JSON. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../lib/config.ts';
import { createUrlDirectory } from '../../lib/credentials/database-url.ts';
import { reap } from '../../lib/reaper/reap.ts';
import { reaperPrincipal } from '../../lib/reaper/run-scheduled.ts';
import { createServices } from '../../lib/services.ts';
import { openAuditStore } from '../../local/audit-store.ts';

const [url = '', user = ''] = process.argv.slice(2);
const config = parseConfig(
  `timeouts: { overall: 25 }
reapers:
  - { name: bench, targets: ['*'], kill: connection, match: { user: ${user}, command: Sleep }, victims: all, mode: enforce, limits: { perRun: 10000 } }
`,
  'bench',
);
const audit = openAuditStore(join(mkdtempSync(join(tmpdir(), 'warden-bench-')), 'audit.sqlite'));
const services = createServices(config, createUrlDirectory(new Map([['local', url]])), audit);
const before = performance.now();
const { victims } = await reap(services, {
  principal: reaperPrincipal('bench'),
  target: 'local',
  reaper: 'bench',
  dryRun: false,
  correlationId: 'bench',
});
const took = performance.now() - before;
audit.close();
console.log(JSON.stringify({ took, ended: victims.filter(({ outcome }) => outcome === 'terminated').length }));

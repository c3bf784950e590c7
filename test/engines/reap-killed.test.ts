import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../lib/config/config.ts';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { createServices } from '../../lib/services.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { openAuditStore } from '../../local/stores/audit-store.ts';
import { Crowd } from './crowd.ts';
import { engines } from './engines.ts';

const CONFIG = `reapers:
  - { name: idle, targets: ['*'], kill: connection, match: { user: warden_r_app, command: Sleep }, victims: all, mode: enforce, limits: { perRun: 1000 } }
`;

describe.each(engines)('a reaper that is killed in mid-run on $name', ({ url = '' }) => {
  it.skipIf(!url)('leaves every session that it ended on record, and the next run ends the rest', async () => {
    const crowd = await Crowd.gather(url);
    try {
      const sleepers = await crowd.idle(120);
      const file = join(await mkdtemp(join(tmpdir(), 'warden-killed-')), 'audit.sqlite');
      const child = new URL('./reap-child.ts', import.meta.url).pathname;
      const [, signal] = await once(
        spawn(process.execPath, ['--disable-warning=ExperimentalWarning', child, url, file], { stdio: 'inherit' }),
        'exit',
      );
      expect(signal).toBe('SIGKILL');
      const audit = openAuditStore(file);
      const open = await audit.list({ limit: 500 });
      const endedOnes = () => sleepers.filter((client) => !crowd.living().has(client));
      // The server's word reaches them after the child is dead.
      for (let round = 0; round < 1_200 && endedOnes().length < 50; round++) await sleep(50);
      const ended = endedOnes();
      expect(ended.length).toBe(50);
      const intended = new Set(
        open.filter(({ outcome }) => outcome === null).map(({ sessionId }) => String(sessionId)),
      );
      expect(ended.every(({ id }) => intended.has(id))).toBe(true);
      const services = createServices(
        parseConfig(CONFIG, 'test'),
        createUrlDirectory(new Map([['local', url]])),
        audit,
      );
      const report = await reap(services, {
        principal: reaperPrincipal('idle'),
        target: 'local',
        reaper: 'idle',
        dryRun: false,
        correlationId: 'next',
      });
      expect(report.victims.map(({ outcome }) => outcome)).toEqual(Array(70).fill('terminated'));
      await crowd.mustLive([]);
      audit.close();
    } finally {
      await crowd.leave();
    }
  });
});

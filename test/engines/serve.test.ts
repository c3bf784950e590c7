import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../lib/config/config.ts';
import { createServices, type Services } from '../../lib/services.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { Endings } from '../../local/run-until-signal.ts';
import { type Served, serve } from '../../local/serve/serve.ts';
import { openAuditStore } from '../../local/stores/audit-store.ts';
import { PacketDoor } from '../faults/packet-door.ts';
import { HandClock } from '../support/hand-clock.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import type { Client } from './a-server.ts';
import { Crowd } from './crowd.ts';
import { engines } from './engines.ts';

/** One rule for real, every five minutes; another that only looks. */
const CONFIG = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
reapers:
  - { name: idle, every: 5m, targets: ['*'], kill: connection, match: { user: warden_r_app, idle: 2s }, victims: all, mode: enforce }
  - { name: looks, every: 1m, targets: ['*'], kill: connection, match: { user: warden_r_safe, idle: 2s }, victims: all }
`;
const serveConfig = parseConfig(CONFIG, 'test');

const TOKEN = 'a-token-that-somebody-chose';
const MINUTE = 60_000;
// Each fifth minute is due.
const START = Date.UTC(2026, 0, 1, 0, 0, 30);

async function onMachine(
  url: string,
  work: (served: Served, clock: HandClock, audit: string) => Promise<void>,
  audit?: string,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-serve-'));
  const endings = new Endings();
  const clock = new HandClock(START);
  const file = audit ?? join(folder, 'audit.sqlite');
  const address = { host: '127.0.0.1', port: 0 };
  const options = {
    config: serveConfig,
    targets: new Map([['local', url]]),
    audit: file,
    token: TOKEN,
    address,
    clock,
  };
  try {
    await work(await serve({ ...options, settledAfter: 0 }, endings), clock, file);
  } finally {
    await endings.endAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until the server shows them asleep for so long that they surely did not wake up a moment ago. */
async function asleep(services: Services, clients: readonly Client[]): Promise<void> {
  const ids = new Set<string>(clients.map(({ id }) => id));
  for (;;) {
    const database = await services.open({ name: 'local' });
    const found = (await database.list()).filter(({ id }) => ids.has(id));
    await database.close();
    if (found.length === ids.size && found.every(({ command, time }) => command === 'Sleep' && (time ?? 0) >= 3))
      return;
    await sleep(100);
  }
}

async function metricsOf({ port }: Served): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
}

describe.each(engines)('warden serve on $name', ({ url = '' }) => {
  it.skipIf(!url)('ends whom its rules choose when they are due, ten minutes long, and no other', async () => {
    const crowd = await Crowd.gather(url);
    try {
      const safe = await crowd.idle(2, 'warden_r_safe');
      await onMachine(url, async (served, clock) => {
        const { services, schedule } = served;
        for (let minute = 1; minute <= 10; minute++) {
          if (minute % 5 === 1) await asleep(services, [...safe, ...(await crowd.idle(5))]);
          const before = [...crowd.living()];
          await clock.pass(MINUTE);
          await schedule.idle();
          await crowd.mustLive(minute % 5 === 0 ? safe : before);
        }
        const records = await services.audit.list({ limit: 100 });
        expect(records).toHaveLength(10);
        expect(new Set(records.map(({ outcome, reaper }) => `${reaper} ${outcome}`))).toEqual(
          new Set(['idle terminated']),
        );
        const metrics = await metricsOf(served);
        expect(metrics).toContain('session_warden_kills_total{outcome="terminated"} 10\n');
        expect(metrics).toContain('session_warden_reaper_runs_total{mode="enforce"} 2\n');
        expect(metrics).toContain('session_warden_reaper_runs_total{mode="dry-run"} 10\n');
        expect(metrics).toContain('session_warden_reaper_victims_total{mode="dry-run"} 20\n');
        expect(metrics).toContain('session_warden_target_up{target="local"} 1\n');
        expect(metrics).toMatch(/session_warden_target_sessions\{target="local",state="asleep"\} [1-9]/);
        const health = await fetch(`http://127.0.0.1:${served.port}/healthz`);
        expect(await health.json()).toEqual({ status: 'up', targets: { seen: 1, reachable: 1 } });
      });
      await crowd.mustLive(safe);
    } finally {
      await crowd.leave();
    }
  });

  it.skipIf(!url)('leaves no record open that a run had begun when it was killed', async () => {
    const crowd = await Crowd.gather(url);
    const folder = mkdtempSync(join(tmpdir(), 'warden-serve-'));
    const file = join(folder, 'audit.sqlite');
    const place = { step: 'kill', moment: 'after' } as const;
    const door = await PacketDoor.open({ port: Number(new URL(url).port), place, fault: 'stall' });
    try {
      const sleepers = await crowd.idle(5);
      const directory = createUrlDirectory(new Map([['local', url]]));
      await asleep(createServices(serveConfig, directory, memoryAuditStore()), sleepers);
      const throughDoor = new URL(url);
      throughDoor.port = String(door.port);
      const script = new URL('./serve-child.ts', import.meta.url).pathname;
      const args = ['--disable-warning=ExperimentalWarning', script, throughDoor.href, file, CONFIG];
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      const exit = once(child, 'exit');
      while (!door.log.killPassed && child.exitCode === null) await sleep(20);
      child.kill('SIGKILL');
      await exit;
      await crowd.mustLive([]);
      const open = openAuditStore(file);
      const left = await open.list({ limit: 100 });
      open.close();
      expect(left.map(({ outcome }) => outcome)).toEqual(Array(sleepers.length).fill(null));
      await onMachine(
        url,
        async ({ services }) => {
          const isOpen = async () =>
            (await services.audit.open({ before: new Date().toISOString(), limit: 10 })).length > 0;
          while (await isOpen()) await sleep(50);
          const records = await services.audit.list({ limit: 100 });
          expect(records.map(({ outcome }) => outcome)).toEqual(Array(sleepers.length).fill('terminated'));
        },
        file,
      );
    } finally {
      door.close();
      await crowd.leave();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

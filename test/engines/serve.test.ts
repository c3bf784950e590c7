import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { RunEnded } from '../../lib/chatops/messages/run-ended.ts';
import { parseConfig } from '../../lib/config/config.ts';
import { createServices, type Services } from '../../lib/services.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { type Served, type ServeOptions, serve } from '../../local/serve/serve.ts';
import { Endings } from '../../local/serving.ts';
import { openAuditStore } from '../../local/stores/audit-store.ts';
import { PacketDoor } from '../faults/packet-door.ts';
import { RECEIVER_SECRET } from '../support/chat/secrets.ts';
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
  over: Partial<ServeOptions> = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-serve-'));
  const endings = new Endings();
  const clock = new HandClock(START);
  const file = over.audit ?? join(folder, 'audit.sqlite');
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
    await work(await serve({ ...options, settledAfter: 0, ...over }, endings), clock, file);
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

/** A receiver that is not ready at first, and then verifies as the library of Standard Webhooks does. */
async function startReceiver() {
  const events: RunEnded[] = [];
  let isReady = false;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (isReady)
      events.push(new Webhook(RECEIVER_SECRET).verify(body, request.headers as Record<string, string>) as RunEnded);
    response.writeHead(isReady ? 204 : 503).end();
    isReady = true;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ended`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, events, stop };
}

async function metricsOf({ port }: Served): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
}

it.each([undefined, { webhook: {} }, { webhook: { pager: RECEIVER_SECRET } }])(
  'does not start where a rule tells a receiver that is not in the secrets: %j',
  async (chatSecrets) => {
    const config = parseConfig(CONFIG.replace('mode: enforce', "mode: enforce, onEnd: 'webhook:pager'"), 'test');
    const started = onMachine('mysql://127.0.0.1:1', async () => {}, { config, ...(chatSecrets && { chatSecrets }) });
    await expect(started).rejects.toMatchObject({
      code: 'configuration-invalid',
      detail: expect.stringContaining('reaper idle: webhook:pager is no receiver'),
    });
  },
);

it.each([
  ["chat: { approvals: 'slack:dba' }", 'chat.approvals: slack:dba is no place'],
  ["chat: { alerts: { prod: { post: 'feishu:ops' } } }", 'chat.alerts.prod.post: feishu:ops is no place'],
])('does not start where %s names a place that is not in the secrets', async (part, detail) => {
  const config = parseConfig(`${CONFIG}\n${part}\n`, 'test');
  const started = onMachine('mysql://127.0.0.1:1', async () => {}, { config });
  await expect(started).rejects.toMatchObject({
    code: 'configuration-invalid',
    detail: expect.stringContaining(detail),
  });
});

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

  it.skipIf(!url)('tells the receiver of a rule whom a run ended, signed, and once', async () => {
    const crowd = await Crowd.gather(url);
    const receiver = await startReceiver();
    const config = parseConfig(CONFIG.replace('mode: enforce', "mode: enforce, onEnd: 'webhook:pager'"), 'test');
    const chatSecrets = { webhook: { pager: { url: receiver.url, secret: RECEIVER_SECRET } } };
    try {
      await onMachine(
        url,
        async ({ services, schedule }, clock) => {
          const sleepers = await crowd.idle(3);
          await asleep(services, sleepers);
          await clock.pass(5 * MINUTE);
          await schedule.idle();
          while (receiver.events.length === 0) await sleep(20);
          const records = await services.audit.list({ limit: 100 });
          const victims = sleepers.map(({ id }) => ({
            id,
            user: 'warden_r_app',
            command: 'Sleep',
            outcome: 'terminated',
            auditId: records.find(({ sessionId }) => sessionId === id)?.id,
            reasons: expect.arrayContaining([expect.stringMatching(/^idle: \d+s, wanted 2s or more$/)]),
          }));
          expect(receiver.events).toMatchObject([
            { type: 'reaper.ended', data: { target: 'local', reaper: 'idle', kill: 'connection', omitted: 0 } },
          ]);
          expect(receiver.events[0]?.data.victims).toHaveLength(3);
          expect(receiver.events[0]?.data.victims).toEqual(
            expect.arrayContaining(victims.map((victim) => expect.objectContaining(victim))),
          );
        },
        { config, chatSecrets },
      );
      expect(receiver.events).toHaveLength(1);
    } finally {
      receiver.stop();
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
        { audit: file },
      );
    } finally {
      door.close();
      await crowd.leave();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

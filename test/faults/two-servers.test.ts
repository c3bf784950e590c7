import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { KernelError } from '../../local/kernel/fetch-kernel.ts';
import { Client, kill, seen, servicesFor, urlAs } from '../engines/a-server.ts';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { NotInstalled } from '../engines/mysql-servers.ts';
import { writeFigures } from './figures.ts';
import { type OwnServer, startOwn } from './own-server.ts';
import { PacketDoor } from './packet-door.ts';
import { type SwitchingDoor, switchingDoor } from './switching-door.ts';
import { openTwins } from './twins.ts';

const QUICK = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
timeouts: { connect: 2, statement: 2, overall: 4 }
`;
const portOf = (server: OwnServer): number => Number(new URL(server.url).port);
/** The same login by another door. */
const at = (port: number, url: string): string => Object.assign(new URL(url), { port: String(port) }).href;
/** A door that logs in on both can answer neither's scramble. */
async function withoutPassword({ url }: OwnServer): Promise<string> {
  const root = await Client.open(url);
  await root.connection.query('CREATE USER IF NOT EXISTS warden_twin');
  await root.connection.query('GRANT ALL ON *.* TO warden_twin');
  root.close();
  return urlAs(url, 'warden_twin', '');
}
const saying = (answer: Promise<{ outcome: string }>): Promise<string> =>
  answer.then(
    ({ outcome }) => outcome,
    (error: { code?: string }) => error.code ?? String(error),
  );

const started = await Promise.all(
  ENGINE_NAMES.map(async (name) => {
    const servers: OwnServer[] = [];
    try {
      for (let n = 0; n < 2; n++) servers.push(await startOwn[name]());
      return { name, servers, skipped: '' };
    } catch (error) {
      if (!(error instanceof NotInstalled || error instanceof KernelError)) throw error;
      return { name, servers, skipped: ` - skipped: ${error.message.split('\n')[0]}` };
    }
  }),
);
const figures = { tried: 0, wrong: 0, lost: 0, left: null };
/** Counts a fault, and what of its end is as it should be. */
function count(answer: string, rightly: RegExp, isTrue: boolean): void {
  figures.tried++;
  if (!rightly.test(answer)) figures.wrong++;
  if (!isTrue) figures.lost++;
}

afterAll(async () => {
  await Promise.all(started.flatMap(({ servers }) => servers.map((server) => server.stop())));
  const note = 'restart in mid-kill; failover to a twin with the same IDs, users and addresses';
  writeFigures({ name: 'Restart and failover', ...figures, findings: null, note });
});

describe.each(started)('two servers of $name behind one door$skipped', ({ servers }) => {
  const [a, b] = servers;
  let door: SwitchingDoor | undefined;
  afterAll(() => door?.close());

  it.skipIf(a === undefined || b === undefined)(
    'a session is never taken for its twin with the same ID, user and address on the other one',
    async () => {
      if (a === undefined || b === undefined) return;
      const ports = [portOf(a), portOf(b)] as const;
      door = await switchingDoor(ports);
      const [first, second] = [await withoutPassword(a), await withoutPassword(b)];
      const twins = await openTwins([first, second]);
      const services = servicesFor(at(door.port, first), QUICK);
      const { tag } = await seen(services, twins.id);

      // The whole address fails over between list and kill.
      door.route = () => 1;
      const moved = await saying(kill(services, twins.id, 'connection', { tag }));
      // The proxy passes to the other one between our look and our KILL.
      door.route = (step) => (step === 'kill' ? 1 : 0);
      const switched = await saying(kill(services, twins.id, 'connection', { tag }));
      const open = services.audit.records.some(({ outcome }) => outcome === 'terminated');
      expect(await twins.alive()).toEqual([true, true]);
      count(moved, /^tag-mismatch$/, true);
      count(switched, /^(tag-mismatch|changed)$/, !open);

      // It passes after the KILL: that the ID is not in the other one's list proves nothing.
      door.route = (step) => (step === 'settle' ? 1 : 0);
      const looked = await saying(kill(services, twins.id, 'connection', { tag }));
      const recorded = services.audit.records.at(-1)?.outcome;
      count(looked, /^pending$/, recorded === 'pending');
      expect(await twins.alive()).toEqual([false, true]);
      twins.close();
      expect([moved, switched, looked, recorded]).toEqual(['tag-mismatch', 'tag-mismatch', 'pending', 'pending']);
    },
  );

  it.skipIf(a === undefined).each(['kill before', 'kill midway', 'settle before'] as const)(
    'a restart at %s leaves no untrue record, and a retry ends no one who came after',
    async (place) => {
      if (a === undefined) return;
      const [step, moment] = place.split(' ') as ['kill' | 'settle', 'before' | 'midway'];
      const victim = await Client.open(a.url);
      victim.connection.on('error', () => {});
      const direct = servicesFor(a.url, QUICK);
      const { tag } = await seen(direct, victim.id);
      const broken = await PacketDoor.open({ port: portOf(a), place: { step, moment, packets: 1 }, fault: 'stall' });
      const services = servicesFor(at(broken.port, a.url), QUICK);
      let isAnswered = false;
      const answer = saying(kill(services, victim.id, 'connection', { tag })).finally(() => {
        isAnswered = true;
      });
      while (!broken.log.happened && !isAnswered) await sleep(5);
      expect(broken.log.happened).toBe(true);
      await a.crash();
      const said = await answer;
      broken.close();

      await sweepAudit({ ...direct, audit: services.audit }, { olderThan: -60 });
      const records = services.audit.records.map(({ outcome }) => outcome);
      const later: Client[] = [];
      // The server counts its IDs anew.
      for (let n = 0; n < 50 && !later.some(({ id }) => id === victim.id); n++) later.push(await Client.open(a.url));
      const again = await saying(kill(direct, victim.id, 'connection', { tag }));
      const alive = await Promise.all(later.map((client) => client.isAlive()));
      for (const client of later) client.close();

      const isTrue = records.length === 1 && /^(terminated|unknown|pending)$/.test(String(records[0]));
      count(said, /^(pending|target-timeout|target-unreachable)$/, isTrue);
      expect(said).toMatch(/^(pending|target-timeout|target-unreachable)$/);
      expect(records).toEqual([expect.stringMatching(/^(terminated|unknown|pending)$/)]);
      // IDs begin again, so a connection of ours may have this one.
      expect(again).toMatch(/^(session-not-found|tag-mismatch|protected)$/);
      expect(alive.every(Boolean)).toBe(true);
    },
  );
});

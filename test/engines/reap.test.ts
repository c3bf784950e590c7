import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { reapAsked } from '../../lib/reaper/reap-by-rule.ts';
import type { Services } from '../../lib/services.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { list, OPERATOR, servicesFor } from './a-server.ts';
import { Crowd } from './crowd.ts';
import { onEachEngine } from './engines.ts';

const rule = (name: string, match: string, more = '') => `  - name: ${name}
    targets: ['*']
    kill: connection
    match: ${match}
    victims: all
    mode: enforce
    ${more}
`;
const ALL = 'limits: { perRun: 1000 }';
const CONFIG = `protected: { users: [warden_r_safe] }
reapers:
${rule('idle', '{ user: warden_r_*, idle: 2s, inTransaction: false }', ALL)}${rule('in-transaction', '{ user: warden_r_*, idle: 2s, inTransaction: true, blocking: false }', ALL)}${rule('busy', "{ user: warden_r_*, busy: 2s, info: '/SLEEP|GET_LOCK/' }", ALL)}${rule('blocking', '{ user: warden_r_*, blocking: true }', ALL)}${rule('safe', '{ user: warden_r_safe }', ALL)}${rule('few', '{ user: warden_r_* }', 'limits: { perRun: 3 }')}${rule('share', '{ user: warden_r_*, idle: 2s }', 'limits: { share: 25% }')}${rule('twice', '{ user: warden_r_*, idle: 2s }', 'confirm: 1s')}${rule('room', '{ user: warden_r_*, idle: 2s }', 'when: { connectionsUsed: 0.01% }')}`;

const operator = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]\n`;

const run = (services: Services, reaper: string) =>
  reap(services, {
    principal: reaperPrincipal(reaper),
    target: 'local',
    reaper,
    dryRun: false,
    correlationId: 'test',
  });

onEachEngine('a reaper', ({ name: engine, url = '' }) => {
  let crowd: Crowd;
  beforeEach(async () => {
    if (url) crowd = await Crowd.gather(url);
  });
  afterEach(async () => {
    if (url) await crowd.leave();
  });

  it.skipIf(!url)('ends exactly the kind of session that its rule is for, of 300', async () => {
    const kinds = {
      // A kernel runs few statements at once, and shows a session whose statement waits for its turn as asleep.
      idle: await crowd.idle(engine === 'oceanbase' ? 121 : 75),
      'in-transaction': await crowd.inTransaction(75),
      busy: await crowd.busy(engine === 'oceanbase' ? 4 : 50),
      blocking: await crowd.blocking(12),
      safe: await crowd.idle(76, 'warden_r_safe'),
    };
    const services = servicesFor(url, CONFIG);
    await sleep(3_500);
    let alive = [...crowd.clients];
    for (const [name, members] of Object.entries(kinds)) {
      const report = await run(services, name);
      const expected = name === 'safe' ? [] : members;
      const ids = (all: readonly { readonly id: string }[]) => all.map(({ id }) => Number(id)).sort();
      expect({ name, ids: ids(report.victims) }).toEqual({ name, ids: ids(expected) });
      expect(report.victims.map(({ outcome }) => outcome)).toEqual(expected.map(() => 'terminated'));
      alive = alive.filter((client) => !expected.includes(client));
      await crowd.mustLive(alive);
    }
    const ended = services.audit.records.filter(({ outcome }) => outcome === 'terminated');
    expect(ended.map(({ reaper }) => reaper)).toEqual(
      Object.entries(kinds).flatMap(([name, members]) => (name === 'safe' ? [] : members.map(() => name))),
    );
    expect(ended[0]?.reason).toMatch(/idle: \d+s, wanted 2s or more/);
  });

  it.skipIf(!url)('spares every session that wakes between list and kill, 120 times', async () => {
    const sleepers = await crowd.idle(40);
    const services = servicesFor(url, CONFIG);
    const { audit } = services;
    const beginAll = audit.beginAll.bind(audit);
    let pause = 0;
    audit.beginAll = async (intents) => {
      await Promise.all(sleepers.map((client) => client.connection.query('SELECT 1')));
      await sleep(pause);
      return beginAll(intents);
    };
    for (let round = 0; round < 3; round++) {
      await sleep(3_200);
      // In the last one they are idle again for as long as before when they are compared.
      pause = round === 2 ? 3_200 : 0;
      const report = await run(services, 'idle');
      expect(report.victims.map(({ outcome }) => outcome)).toEqual(sleepers.map(() => 'changed'));
    }
    expect(crowd.living()).toEqual(new Set(sleepers));
  });

  async function expectHeld(name: string, held: string, count: number): Promise<void> {
    const services = servicesFor(url, CONFIG);
    const report = await run(services, name);
    expect(report.held).toContain(held);
    expect(report.victims.map(({ outcome }) => outcome)).toEqual(Array(count).fill(null));
    const refused = { reaper: name, outcome: 'refused', detail: expect.stringContaining(held) };
    expect(services.audit.records).toEqual([expect.objectContaining(refused)]);
  }

  it.skipIf(!url)('ends nothing at all past the number of a run, says why, and puts it on record', async () => {
    const sleepers = await crowd.idle(8);
    await expectHeld('few', 'perRun: 8 victims, at most 3', 8);
    await crowd.mustLive(sleepers);
  });

  it.skipIf(!url)('ends nothing at all where 26 of 100 sessions match and 25 % may', async () => {
    await crowd.idle(26);
    // Our own connection, which lists them, does not count.
    const before = (await list(servicesFor(url))).length - 1;
    await crowd.idle(100 - before, 'warden_r_safe');
    await sleep(3_200);
    await expectHeld('share', 'share: 26 of 100 sessions are 26%, at most 25%', 26);
    await crowd.mustLive(crowd.clients);
  });

  it.skipIf(!url)('ends only what it has seen twice', async () => {
    const [first] = await crowd.idle(1);
    const services = servicesFor(url, CONFIG);
    await sleep(3_200);
    const running = run(services, 'twice');
    await sleep(300);
    await crowd.idle(1);
    const report = await running;
    expect(report.victims.map(({ id, outcome }) => ({ id, outcome }))).toEqual([
      { id: first?.id, outcome: 'terminated' },
    ]);
    expect(crowd.living().size).toBe(1);
  });

  it.skipIf(!url)(
    'acts on a share of all connections where the server has a limit, and says where it can never',
    async () => {
      const [first] = await crowd.idle(1);
      await sleep(3_200);
      const services = servicesFor(url, CONFIG);
      const [report, health] = [
        await run(services, 'room'),
        await checkTarget(servicesFor(url, `${operator}${CONFIG}`), { principal: OPERATOR, target: 'local' }),
      ];
      // A tenant of OceanBase has none unless it is set.
      const unknown = { field: 'connections', why: expect.any(String) };
      expect(report.undecidable).toEqual(engine === 'oceanbase' ? [unknown] : []);
      expect(report.victims.map(({ id }) => id)).toEqual(engine === 'oceanbase' ? [] : [first?.id]);
      const ofRoom = health.undecidable.filter(({ reaper }) => reaper === 'room');
      expect(ofRoom).toEqual(engine === 'oceanbase' ? [{ reaper: 'room', ...unknown, grants: [] }] : []);
      expect(services.audit.records).toHaveLength(engine === 'oceanbase' ? 0 : 1);
    },
  );

  it.skipIf(!url)(
    'of a caller’s own rule ends those of its dry run that still sleep, and none that came since',
    async () => {
      const [awake, ...asleep] = await crowd.idle(12);
      const services = servicesFor(url, operator);
      await sleep(3_200);
      const rule = { match: { user: 'warden_r_*', idle: '2s' } };
      const by = { principal: OPERATOR, target: 'local', rule, correlationId: 'test' };
      const plan = await reapAsked(services, by);
      expect(plan.victims.map(({ id }) => id).sort()).toEqual([awake, ...asleep].map((client) => client?.id).sort());
      await awake?.connection.query('SELECT 1');
      const late = await crowd.idle(3);
      const report = await reapAsked(services, { ...by, digest: plan.digest ?? '', reason: 'the pool is full' });
      expect(report.victims.map(({ outcome }) => outcome)).toEqual(asleep.map(() => 'terminated'));
      expect(crowd.living()).toEqual(new Set([awake, ...late]));
      const records = services.audit.records.map(({ outcome, reaper, reason }) => ({ outcome, reaper, reason }));
      const record = { outcome: 'terminated', reaper: null, reason: expect.stringMatching(/^the pool is full; /) };
      expect(records).toEqual(asleep.map(() => record));
    },
  );

  it.skipIf(!url)('ends nothing while all kills are stopped', async () => {
    await crowd.idle(2);
    await sleep(3_200);
    const services = servicesFor(url, `stop: true\n${CONFIG}`);
    await expect(run(services, 'idle')).rejects.toMatchObject({ code: 'kills-stopped' });
    expect(crowd.living().size).toBe(2);
  });
});

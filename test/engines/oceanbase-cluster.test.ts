import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { listBlockers } from '../../lib/sessions/blockers.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { aCluster } from '../support/odp/a-cluster.ts';
import { type Shortcomings, TENANT } from '../support/odp/two-observers.ts';
import { isRunning, kill, list, OPERATOR, seen, servicesFor } from './a-server.ts';
import { KERNEL_4_3_5, modes } from './modes.ts';

const url = (await modes()).find(({ title }) => title === KERNEL_4_3_5)?.url ?? '';
const CONFIG = (more = '') => `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
${more}`;
/** Of a busy machine. */
const PATIENCE = { timeout: 60_000 };
const LONG = 'SELECT SLEEP(30) AS t FROM (SELECT 1 UNION ALL SELECT 2) r';

describe.each([false, true])('oceanbase 4.3.5 as a cluster of two observers, whose order changes: %s', (flips) => {
  const on = aCluster(url, flips);
  const { client, direct } = on;

  it.skipIf(!url)('lists each client once, with its own address, the proxy’s and its observers', async () => {
    const services = servicesFor(on.service, CONFIG());
    const [one, both, old, straight] = [await client('v2'), await client('v2', 2), await client('v1'), await direct()];
    const views = await list(services);
    const of = (id: string) => views.filter((view) => view.id === id);
    for (const { listed } of [one, both, old])
      expect(of(listed)).toMatchObject([
        {
          host: expect.stringMatching(/^100\.64\.1\.20:4\d+$/),
          proxy: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
          proxySessionId: expect.stringMatching(/^1240250463/),
          tenant: TENANT,
        },
      ]);
    expect([one.listed, both.listed]).toEqual([one.id, both.id]);
    expect(Number(old.listed)).toBeGreaterThan(2 ** 31);
    expect(of(one.id)[0]?.observers).toEqual(['10.0.0.1:2882']);
    expect(of(both.id)[0]?.observers).toEqual(['10.0.0.1:2882', '10.0.0.2:2882']);
    expect(of(straight.id)).toMatchObject([{ proxy: null, proxySessionId: null }]);
  });

  it.skipIf(!url)('finds a client by its ID at the proxy, and sessions by their tenant', async () => {
    const services = servicesFor(on.service, CONFIG());
    const [one, straight] = [await client('v2'), await direct()];
    const { proxySessionId, tenant } = await seen(services, one.listed);
    const ids = async (query: Parameters<typeof list>[1]) => (await list(services, query)).map(({ id }) => id);
    expect(await ids({ proxySessionId: String(proxySessionId) })).toEqual([one.listed]);
    expect(await ids({ proxySessionId: '*', tenant: String(tenant) })).toEqual([one.listed]);
    expect(await ids({ tenant: String(tenant) })).toEqual(expect.arrayContaining([one.listed, straight.id]));
    expect(await ids({ tenant: 'nonesuch' })).toEqual([]);
    // The client's address, and not the proxy's, which is the same as that of whoever came directly.
    expect(await ids({ host: '100.64.1.*' })).toEqual([one.listed]);
    const direct127 = await ids({ host: '127.0.0.1*' });
    expect([direct127.includes(straight.id), direct127.includes(one.listed)]).toEqual([true, false]);
  });

  it.skipIf(!url)('makes one class of clients by their own address, whatever proxy they came by', async () => {
    const config = `reapers: [{ name: crowd, every: 5m, targets: ['*'], kill: connection, mode: enforce, victims: all, groupBy: host,
      match: { user: [odp_client] }, when: { count: 2 }, limits: { perRun: 100, share: 100% } }]`;
    const of = (clientIp: string) => client('v2', 2, { clientIp });
    const [first, second, alone] = [await of('100.64.2.1'), await of('100.64.2.1'), await of('100.64.2.2')];
    const { victims } = await reap(servicesFor(on.service, CONFIG(config)), {
      principal: reaperPrincipal('crowd'),
      target: 'local',
      reaper: 'crowd',
      dryRun: true,
      correlationId: 'test',
    });
    expect(victims.map(({ id }) => id).toSorted()).toEqual([first.listed, second.listed].toSorted());
    expect(victims.map(({ id }) => id)).not.toContain(alone.listed);
  });

  it.skipIf(!url).each(['connection', 'query'] as const)(
    'says of a victim that compared unequal that no KILL of its %s was sent',
    async (kind) => {
      const services = servicesFor(on.service, CONFIG());
      const [proxied, straight] = [[await client('v2', 2), await client('v1', 2)], await direct()];
      for (const one of proxied) one.send(LONG);
      straight.run(LONG);
      const listed = [...proxied.map((one) => one.listed), straight.id];
      for (const id of listed) await seen(services, id, isRunning);
      const target = await services.targets.find('local');
      if (target === undefined) throw new Error('no target');
      const database = await services.open(target);
      try {
        const sessions = await database.list(listed.map(sessionId));
        const victims = sessions.map((session) => ({
          session: { ...session, user: 'somebody_else' },
          compareStatement: kind === 'query',
        }));
        for (const victim of victims) expect(await database.compareAndKill([victim], kind)).toEqual(['no-match']);
      } finally {
        await database.close();
      }
      for (const id of listed) expect(isRunning(await seen(services, id))).toBe(true);
    },
  );

  it.skipIf(!url).each([
    ['v2', 1],
    ['v2', 2],
    ['v1', 1],
    ['v1', 2],
  ] as const)('cancels and ends a client of %s on %i of them', async (version, observers) => {
    const services = servicesFor(on.service, CONFIG());
    const one = await client(version, observers);
    one.send(LONG);
    const { statement, tag } = await seen(services, one.listed, isRunning);
    const cancelled = await kill(services, one.listed, 'query', { tag: statement?.tag ?? '' });
    expect(cancelled).toMatchObject({ outcome: 'query-cancelled', identity: 'exact' });
    await vi.waitFor(() => expect(one.errors).toEqual([1317]), PATIENCE);
    expect(one.isOpen).toBe(true);
    expect(await kill(services, one.listed, 'connection', { tag })).toMatchObject({
      outcome: 'terminated',
      identity: 'exact',
    });
    expect(services.audit.records.map(({ outcome }) => outcome)).toEqual(
      ['terminated', 'query-cancelled'].toReversed(),
    );
  });

  it.skipIf(!url)('cancels the second statement of a packet, and says so', async () => {
    const services = servicesFor(on.service, CONFIG());
    const one = await client('v2', 2);
    one.send(`SELECT 11; ${LONG}; SELECT 12`);
    await seen(services, one.listed, isRunning);
    expect(await kill(services, one.listed, 'query')).toMatchObject({ outcome: 'query-cancelled', proven: true });
    await vi.waitFor(() => expect(one.errors).toEqual([1317]), PATIENCE);
  });

  it.skipIf(!url)('names who holds a row that a client of the other observer waits for', async () => {
    const services = servicesFor(on.service, CONFIG());
    await on.root.query('CREATE TABLE IF NOT EXISTS odp.t (id INT PRIMARY KEY, v INT)');
    await on.root.query('REPLACE INTO odp.t VALUES (1, 0)');
    const [holder, waiter] = [await client('v2', 2), await client('v2')];
    await holder.query('START TRANSACTION');
    await holder.query('UPDATE odp.t SET v = 1 WHERE id = 1');
    waiter.send('UPDATE odp.t SET v = 2 WHERE id = 1');
    await vi.waitFor(async () => {
      const { blockers } = await listBlockers(services, { principal: OPERATOR, target: 'local' });
      expect(blockers).toMatchObject([{ id: holder.listed, holdsUp: 1, waiters: [{ id: waiter.listed }] }]);
    }, PATIENCE);
    expect(await seen(services, holder.listed)).toMatchObject({ transaction: { time: expect.any(Number) } });
  });

  it.skipIf(!url)('takes a client for idle only where it is idle on every observer', async () => {
    const config = `reapers: [{ name: idle, every: 5m, targets: ['*'], kill: connection, mode: enforce,
      match: { command: Sleep, idle: 5m, user: [odp_client] }, limits: { perRun: 100, share: 100% } }]`;
    const services = servicesFor(on.service, CONFIG(config));
    const [busy, asleep] = [await client('v1', 2), await client('v1', 2)];
    busy.send(LONG);
    await seen(services, busy.listed, isRunning);
    const second = ({ listed }: { readonly listed: string }): string => String(BigInt(listed) + 65_536n);
    const { victims } = await reap(services, {
      principal: reaperPrincipal('idle'),
      target: 'local',
      reaper: 'idle',
      dryRun: true,
      correlationId: 'test',
    });
    const chosen = victims.map(({ id }) => id);
    expect(chosen).not.toContain(second(busy));
    // Its first session has just come: the client is not idle for five minutes.
    expect(chosen).not.toContain(second(asleep));
    expect(await seen(services, second(busy))).toMatchObject({ command: 'Sleep', time: 0 });
  });

  it.skipIf(!url)('shows no parallel worker, and refuses two clients under one ID', async () => {
    const services = servicesFor(on.service, CONFIG());
    const row = (values: string): string => `INSERT INTO odp.made_up VALUES (${values})`;
    await on.root.query(
      row(
        `'10.0.0.2', 3221749231, '', '0.0.0.0:0', '${TENANT}', 'Query', 12, 'ACTIVE', 'SELECT 1', NULL, 3221487669, 'YB42-1'`,
      ),
    );
    await on.root.query(
      row(`'10.0.0.2', 77777, 'app', '10.0.9.9:1', '${TENANT}', 'Sleep', 900, 'SLEEP', NULL, 11, NULL, NULL`),
    );
    await on.root.query(
      row(`'10.0.0.2', 77777, 'app', '10.0.9.8:1', '${TENANT}', 'Sleep', 900, 'SLEEP', NULL, 12, NULL, NULL`),
    );
    await on.root.query(
      row("'10.0.0.2', 77778, 'app', '10.0.9.8:1', 'shop', 'Sleep', 900, 'SLEEP', NULL, 13, NULL, NULL"),
    );
    const views = await list(services);
    expect(views.filter(({ id }) => id === '3221749231')).toEqual([]);
    expect(views.filter(({ id }) => id === '77777')).toHaveLength(2);
    await expect(kill(services, '77777', 'connection')).rejects.toMatchObject({ code: 'target-elsewhere' });
    await expect(kill(services, '77778', 'connection')).rejects.toMatchObject({
      code: 'protected',
      detail: expect.stringContaining('tenant'),
    });
  });

  it.skipIf(!url)('of whatever list makes no client two, no two clients one, and a victim of no worker', async () => {
    const services = servicesFor(on.service, CONFIG());
    await fc.assert(
      fc.asyncProperty(madeUpClients, async (clients) => {
        const rows = clients.flatMap(rowsOf);
        await on.root.query('DELETE FROM odp.made_up');
        if (rows.length > 0) await on.root.query('INSERT INTO odp.made_up VALUES ?', [rows]);
        const listed = (await list(services)).filter(({ user }) => user === 'made_up');
        const shown = listed.map(({ id, proxySessionId, command, time, observers, protected: isProtected }) =>
          JSON.stringify({ id, proxySessionId, command, time, observers, isProtected }),
        );
        expect(shown.toSorted()).toEqual(clients.flatMap(expectedOf).toSorted());
        for (const { id, count } of doubles(listed))
          if (count > 1)
            await expect(kill(services, id, 'connection')).rejects.toMatchObject({ code: 'target-elsewhere' });
      }),
      { numRuns: 40 },
    );
  });
});

/** Made-up sessions on the second observer, and the share of it that is taken then. */
const FULLER = 800;
const MOST = "SELECT VALUE AS most FROM oceanbase.GV$SYSSTAT WHERE NAME = 'max session num'";
const ROOM = (
  share: string,
) => `reapers: [{ name: room, every: 5m, targets: ['*'], kill: connection, mode: enforce, victims: all,
  match: { user: [odp_client] }, when: { connectionsUsed: ${share} }, limits: { perRun: 1000, share: 100% } }]`;

describe.each([false, true])('limits and restarts of two observers, whose order changes: %s', (flips) => {
  describe.each<[string, Shortcomings]>([
    ['told by the server', {}],
    ['reckoned from the tenant’s memory', { lacks: ['GV$SYSSTAT', 'DBA_OB_SERVERS'] }],
    ['not told', { lacks: ['GV$SYSSTAT', 'GV$OB_UNITS', 'DBA_OB_SERVERS'] }],
  ])('%s', (_, shortcomings) => {
    const on = aCluster(url, flips, shortcomings);
    const knows = !shortcomings.lacks?.includes('GV$OB_UNITS');
    const knowsStarts = !shortcomings.lacks?.includes('DBA_OB_SERVERS');

    it.skipIf(!url)('takes the fullest observer for how full the tenant is', async () => {
      const [one, worker] = [await on.client('v2', 2), 3_221_487_669];
      const [rows] = await on.root.query(MOST);
      const most = Number((rows as { most: unknown }[])[0]?.most);
      const row = (id: number, tenant: string, master: number | null) => [
        '10.0.0.2',
        id,
        'made_up',
        '10.0.9.9:1',
        tenant,
        'Sleep',
        9,
        'SLEEP',
        null,
        null,
        master,
        null,
      ];
      const filled = Array.from({ length: FULLER }, (_none, at) => row(3_300_000_000 + at, TENANT, null));
      // Neither has a slot of this tenant.
      const others = Array.from({ length: 200 }, (_none, at) =>
        row(3_400_000_000 + at, at < 100 ? 'else' : TENANT, at < 100 ? null : worker),
      );
      await on.root.query('INSERT INTO odp.made_up VALUES ?', [[...filled, ...others]]);
      // Those two, our own session there, and the client's.
      const share = (used: number): string => `${((100 * used) / most).toFixed(3)}%`;
      const run = (asked: string) =>
        reap(servicesFor(on.service, CONFIG(ROOM(asked))), {
          principal: reaperPrincipal('room'),
          target: 'local',
          reaper: 'room',
          dryRun: true,
          correlationId: 'test',
        });
      const [enough, more] = [await run(share(FULLER + 1)), await run(share(FULLER + 3))];
      expect(enough.victims.map(({ id }) => id)).toEqual(knows ? [one.listed] : []);
      expect(more.victims).toEqual([]);
      const unknown = knows ? [] : [expect.objectContaining({ field: 'connections' })];
      expect(enough.undecidable).toEqual(unknown);
      // A limit that somebody has set counts where it is the lower one, and is known to every tenant.
      await on.root.query('SET GLOBAL max_connections = 810');
      try {
        expect((await run('99%')).victims.map(({ id }) => id)).toEqual([one.listed]);
      } finally {
        await on.root.query('SET GLOBAL max_connections = 2147483647');
      }
    });

    it.skipIf(!url)('takes no session of an observer that has started again for the one before', async () => {
      const services = servicesFor(on.service, CONFIG());
      const [straight, old, one] = [await on.direct(), await on.client('v1'), await on.client('v2')];
      const listed = [straight.id, old.listed];
      const before = await Promise.all(listed.map((id) => seen(services, id)));
      const { tag } = await seen(services, one.listed);
      await on.root.query("UPDATE odp.servers SET START_SERVICE_TIME = '2026-01-02' WHERE SVR_IP = '10.0.0.1'");
      const { source } = await checkTarget(services, { principal: OPERATOR, target: 'local' });
      if (!knowsStarts) {
        expect(source?.weakness).toContain('after a restart');
        return;
      }
      expect(source?.weakness ?? null).toBeNull();
      for (const [at, id] of listed.entries())
        await expect(kill(services, id, 'connection', { tag: before[at]?.tag ?? '' })).rejects.toMatchObject({
          code: 'tag-mismatch',
        });
      expect(await straight.isAlive()).toBe(true);
      expect(old.isOpen).toBe(true);
      // A client of the second version is on no observer in particular.
      expect(await kill(services, one.listed, 'connection', { tag })).toMatchObject({ outcome: 'terminated' });
    });
  });

  describe('where a KILL only marks', () => {
    const on = aCluster(url, flips, { onlyMarks: true });

    it.skipIf(!url)('holds a session for pending until its transaction is gone', async () => {
      const services = servicesFor(on.service, CONFIG());
      await on.root.query('CREATE TABLE IF NOT EXISTS odp.t (id INT PRIMARY KEY, v INT)');
      await on.root.query('REPLACE INTO odp.t VALUES (1, 0)');
      const [holder, idle] = [await on.client('v2', 2), await on.client('v2', 2)];
      await holder.query('START TRANSACTION');
      await holder.query('UPDATE odp.t SET v = 1 WHERE id = 1');
      const { tag } = await seen(services, holder.listed);
      expect(await kill(services, holder.listed, 'connection', { tag })).toMatchObject({
        outcome: 'pending',
        identity: 'exact',
        proven: false,
      });
      expect((await list(services)).filter(({ id }) => id === holder.listed)).toEqual([]);
      expect(await sweepAudit(services)).toEqual({ closed: {}, open: 0 });
      // One without a transaction is gone with its row.
      expect(await kill(services, idle.listed, 'connection')).toMatchObject({ outcome: 'terminated', proven: true });
      // With the client's next request the observer ends what it had marked.
      await on.root.query(`KILL ${holder.listed}`);
      let swept = await sweepAudit(services);
      for (let round = 0; round < 300 && Object.keys(swept.closed).length === 0; round++) {
        await sleep(200);
        swept = await sweepAudit(services);
      }
      // The record has no number of the proxy's, by which alone the cluster could be known again.
      expect(swept.closed).toEqual({ unknown: 1 });
      expect(services.audit.records[0]).toMatchObject({ sessionId: holder.listed, outcome: 'unknown', proven: false });
    });
  });
});

/** A client that nobody ever was, on some observers, with what it does on each: seconds asleep, or `null` while it runs something. */
interface MadeUp {
  readonly kind: 'direct' | 'v1' | 'v2' | 'worker';
  readonly place: number;
  /** Clients of two proxies that bear one ID. */
  readonly isDouble: boolean;
  readonly isForeign: boolean;
  readonly does: readonly (number | null)[];
}

const madeUpClients: fc.Arbitrary<readonly MadeUp[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('direct', 'v1', 'v2', 'worker'),
      isDouble: fc.boolean(),
      isForeign: fc.boolean(),
      does: fc.array(fc.option(fc.nat(5_000)), { minLength: 1, maxLength: 5 }),
    }),
    { maxLength: 12 },
  )
  .map((all) => all.map((one, place) => ({ ...one, kind: one.kind as MadeUp['kind'], place })));

const addressOf = (observer: number): string => `10.0.0.${observer + 3}`;
const proxyOf = ({ kind, place }: MadeUp, second = 0): number | null =>
  kind === 'v1' || kind === 'v2' ? 9_000_000 + place * 10 + second : null;
const idOf = ({ kind, place }: MadeUp, observer: number): string =>
  String(kind === 'v2' ? 7_000 + place : 3_300_000_000 + place * 10 + observer);
/** A direct session, and a worker, is on one observer only. */
const placesOf = ({ kind, does }: MadeUp): readonly (number | null)[] =>
  kind === 'direct' || kind === 'worker' ? does.slice(0, 1) : does;
/** Of a client of the second version there may be another under the same ID, of another proxy. */
const proxiesOf = (client: MadeUp): readonly (number | null)[] =>
  client.kind === 'v2' && client.isDouble ? [proxyOf(client), proxyOf(client, 1)] : [proxyOf(client)];

function rowsOf(client: MadeUp): readonly (readonly unknown[])[] {
  const tenant = client.isForeign ? 'sys' : TENANT;
  const master = client.kind === 'worker' ? 3_221_487_669 : null;
  return proxiesOf(client).flatMap((proxy) =>
    placesOf(client).map((asleep, observer) => {
      const runs = asleep === null;
      return [
        ...[addressOf(observer), idOf(client, observer), 'made_up', '10.0.9.9:1', tenant],
        ...[runs ? 'Query' : 'Sleep', asleep ?? 3, runs ? 'ACTIVE' : 'SLEEP', runs ? 'SELECT 1' : null],
        ...[proxy, master, runs ? `YB42-${client.place}-${observer}` : null],
      ];
    }),
  );
}

function expectedOf(client: MadeUp): readonly string[] {
  if (client.kind === 'worker') return [];
  const does = placesOf(client);
  const runs = does.includes(null);
  const idle = runs ? 0 : Math.min(...does.map((seconds) => seconds ?? 0));
  const shown = (id: string, proxy: number | null, isRunning: boolean, on: readonly number[]): string =>
    JSON.stringify({
      id,
      proxySessionId: proxy === null ? null : String(proxy),
      command: isRunning ? 'Query' : 'Sleep',
      time: isRunning ? 3 : idle,
      observers: on.map((observer) => `${addressOf(observer)}:2882`),
      isProtected: client.isForeign,
    });
  return proxiesOf(client).flatMap((proxy) =>
    client.kind === 'v2'
      ? [shown(idOf(client, 0), proxy, runs, [...does.keys()])]
      : does.map((asleep, observer) => shown(idOf(client, observer), proxy, asleep === null, [observer])),
  );
}

const doubles = (listed: readonly { readonly id: string }[]) =>
  [...Map.groupBy(listed, ({ id }) => id)].map(([id, same]) => ({ id, count: same.length }));

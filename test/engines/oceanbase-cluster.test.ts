import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reap } from '../../lib/reaper/reap.ts';
import { reaperPrincipal } from '../../lib/reaper/run-scheduled.ts';
import { listBlockers } from '../../lib/sessions/blockers.ts';
import { OdpSession, type OdpVersion } from '../support/odp/odp-session.ts';
import { makeViews, relayTo } from '../support/odp/two-observers.ts';
import { Client, isRunning, kill, list, OPERATOR, seen, servicesFor, urlAs } from './a-server.ts';
import { KERNEL_4_3_5, modes } from './modes.ts';

const url = modes().find(({ title }) => title === KERNEL_4_3_5)?.url ?? '';
const CONFIG = (more = '') => `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
${more}`;
const LONG = 'SELECT SLEEP(30) AS t FROM (SELECT 1 UNION ALL SELECT 2) r';
let last = 400_000 + Math.floor(Math.random() * 90_000);

describe.each([false, true])('oceanbase 4.3.5 as a cluster of two observers, whose order changes: %s', (flips) => {
  let root: Awaited<ReturnType<typeof createConnection>>;
  let relay: Awaited<ReturnType<typeof relayTo>>;
  let service = '';
  const sessions: { close(): void }[] = [];
  /** A client that came by a proxy, on one observer or on both. */
  const client = async (version: OdpVersion, observers: 1 | 2 = 1): Promise<OdpSession & { listed: string }> => {
    const clientId = ++last;
    const proxySessionId = `1240250463${clientId}`;
    const port = Number(new URL(url).port);
    const session = await OdpSession.open({
      port,
      version,
      clientId,
      proxySessionId,
      clientPort: 4000 + (clientId % 999),
    });
    sessions.push(session);
    const [rows] = await root.query(
      'SELECT CAST(ID AS CHAR) AS id FROM oceanbase.GV$OB_PROCESSLIST WHERE PROXY_SESSID = ?',
      [proxySessionId],
    );
    const listed = String((rows as { id: string }[])[0]?.id);
    if (observers === 2)
      await root.query('INSERT INTO odp.elsewhere VALUES (?, ?)', [listed, version === 'v1' ? 1 : 2]);
    return Object.assign(session, { listed });
  };
  const direct = async (): Promise<Client> => {
    const session = await Client.open(url);
    sessions.push(session);
    return session;
  };
  beforeAll(async () => {
    if (!url) return;
    root = await createConnection({ uri: url, supportBigNumbers: true, bigNumberStrings: true });
    await makeViews(root);
    relay = await relayTo(Number(new URL(url).port), flips);
    await root.query("CREATE USER IF NOT EXISTS odp_service IDENTIFIED BY 'pw'");
    await root.query('GRANT PROCESS, SUPER ON *.* TO odp_service');
    for (const schema of ['oceanbase', 'odp']) await root.query(`GRANT SELECT ON ${schema}.* TO odp_service`);
    // Our own session stands on both observers too.
    await root.query('INSERT INTO odp.elsewhere VALUES (0, 2)');
    const through = new URL(urlAs(url, 'odp_service', 'pw'));
    through.port = String(relay.port);
    service = through.href;
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.close();
    if (url) await root.query('DELETE FROM odp.elsewhere WHERE ID > 0');
    if (url) await root.query('DELETE FROM odp.made_up');
  });
  afterAll(async () => {
    if (!url) return;
    await root.query('DROP USER odp_service, odp_client');
    await root.query('DROP DATABASE odp');
    await root.end();
    await relay.stop();
  });

  it.skipIf(!url)('lists each client once, with its own address, the proxy’s and its observers', async () => {
    const services = servicesFor(service, CONFIG());
    const [one, both, old, straight] = [await client('v2'), await client('v2', 2), await client('v1'), await direct()];
    const views = await list(services);
    const of = (id: string) => views.filter((view) => view.id === id);
    for (const { listed } of [one, both, old])
      expect(of(listed)).toMatchObject([
        {
          host: expect.stringMatching(/^100\.64\.1\.20:4\d+$/),
          proxy: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
          proxySessionId: expect.stringMatching(/^1240250463/),
          tenant: expect.any(String),
        },
      ]);
    expect([one.listed, both.listed]).toEqual([one.id, both.id]);
    expect(Number(old.listed)).toBeGreaterThan(2 ** 31);
    expect(of(one.id)[0]?.observers).toEqual(['10.0.0.1:2882']);
    expect(of(both.id)[0]?.observers).toEqual(['10.0.0.1:2882', '10.0.0.2:2882']);
    expect(of(straight.id)).toMatchObject([{ proxy: null, proxySessionId: null }]);
  });

  it.skipIf(!url)('finds a client by its ID at the proxy, and sessions by their tenant', async () => {
    const services = servicesFor(service, CONFIG());
    const [one, straight] = [await client('v2'), await direct()];
    const { proxySessionId, tenant } = await seen(services, one.listed);
    const ids = async (query: Parameters<typeof list>[1]) => (await list(services, query)).map(({ id }) => id);
    expect(await ids({ proxySessionId: String(proxySessionId) })).toEqual([one.listed]);
    expect(await ids({ proxySessionId: '*', tenant: String(tenant) })).toEqual([one.listed]);
    expect(await ids({ tenant: String(tenant) })).toEqual(expect.arrayContaining([one.listed, straight.id]));
    expect(await ids({ tenant: 'nonesuch' })).toEqual([]);
  });

  it.skipIf(!url).each([
    ['v2', 1],
    ['v2', 2],
    ['v1', 1],
    ['v1', 2],
  ] as const)('cancels and ends a client of %s on %i of them', async (version, observers) => {
    const services = servicesFor(service, CONFIG());
    const one = await client(version, observers);
    one.send(LONG);
    const { statement, tag } = await seen(services, one.listed, isRunning);
    const cancelled = await kill(services, one.listed, 'query', { tag: statement?.tag ?? '' });
    expect(cancelled).toMatchObject({ outcome: 'query-cancelled', identity: 'exact' });
    await sleep(200);
    expect(one.errors).toEqual([1317]);
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
    const services = servicesFor(service, CONFIG());
    const one = await client('v2', 2);
    one.send(`SELECT 11; ${LONG}; SELECT 12`);
    await seen(services, one.listed, isRunning);
    expect(await kill(services, one.listed, 'query')).toMatchObject({ outcome: 'query-cancelled', proven: true });
    await sleep(200);
    expect(one.errors).toEqual([1317]);
  });

  it.skipIf(!url)('names who holds a row that a client of the other observer waits for', async () => {
    const services = servicesFor(service, CONFIG());
    await root.query('CREATE TABLE IF NOT EXISTS odp.t (id INT PRIMARY KEY, v INT)');
    await root.query('REPLACE INTO odp.t VALUES (1, 0)');
    const [holder, waiter] = [await client('v2', 2), await client('v2')];
    await holder.query('START TRANSACTION');
    await holder.query('UPDATE odp.t SET v = 1 WHERE id = 1');
    waiter.send('UPDATE odp.t SET v = 2 WHERE id = 1');
    await sleep(1_500);
    const { blockers } = await listBlockers(services, { principal: OPERATOR, target: 'local' });
    expect(blockers).toMatchObject([{ id: holder.listed, holdsUp: 1, waiters: [{ id: waiter.listed }] }]);
    expect(await seen(services, holder.listed)).toMatchObject({ transaction: { time: expect.any(Number) } });
  });

  it.skipIf(!url)('takes a client for idle only where it is idle on every observer', async () => {
    const config = `reapers: [{ name: idle, every: 5m, targets: ['*'], kill: connection, mode: enforce,
      match: { command: Sleep, idle: 5m, user: [odp_client] }, limits: { perRun: 100, share: 100% } }]`;
    const services = servicesFor(service, CONFIG(config));
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
    const services = servicesFor(service, CONFIG());
    const row = (values: string): string => `INSERT INTO odp.made_up VALUES (${values})`;
    await root.query(
      row(
        "'10.0.0.2', 3221749231, '', '0.0.0.0:0', 'sys', 'Query', 12, 'ACTIVE', 'SELECT 1', NULL, 3221487669, 'YB42-1'",
      ),
    );
    await root.query(row("'10.0.0.2', 77777, 'app', '10.0.9.9:1', 'sys', 'Sleep', 900, 'SLEEP', NULL, 11, NULL, NULL"));
    await root.query(row("'10.0.0.2', 77777, 'app', '10.0.9.8:1', 'sys', 'Sleep', 900, 'SLEEP', NULL, 12, NULL, NULL"));
    await root.query(
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

  it.skipIf(!url)(
    'of whatever list makes no client two, no two clients one, and a victim of no worker',
    async () => {
      const services = servicesFor(service, CONFIG());
      await fc.assert(
        fc.asyncProperty(aCluster, async (clients) => {
          const rows = clients.flatMap(rowsOf);
          await root.query('DELETE FROM odp.made_up');
          if (rows.length > 0) await root.query('INSERT INTO odp.made_up VALUES ?', [rows]);
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
    },
    120_000,
  );
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

const aCluster: fc.Arbitrary<readonly MadeUp[]> = fc
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
  const tenant = client.isForeign ? 'elsewhere' : 'sys';
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

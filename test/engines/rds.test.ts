import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sessionId } from '../../lib/sessions/session.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { Client, isRunning, kill, leave, OPERATOR, seen, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';
import { NotInstalled, startMariaDb } from './mysql-servers.ts';
import { RdsServer } from './rds-server.ts';

const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';
const PROCEDURES = {
  mysql: ['rds_kill', 'rds_kill_query'],
  mariadb: ['rds_kill', 'rds_kill_query', 'rds_kill_query_id'],
} as const;

// A procedure is there for every test on a server, so MariaDB gets a server of its own.
const own = await startMariaDb().catch((error: unknown) => {
  if (error instanceof NotInstalled) return { url: '', reason: ` - skipped: ${error.message}`, stop: async () => {} };
  throw error;
});
afterAll(() => own.stop());

const servers = engines.flatMap(({ name, url = '' }) => {
  if (name === 'oceanbase') return [];
  const server = name === 'mariadb' ? { reason: '', ...own } : { reason: '', url };
  return [{ name, url: server.url, title: `RDS, with ${name}${server.reason}` }];
});

describe.each(servers)('$title', ({ name, url }) => {
  const clients: Client[] = [];
  let server: RdsServer;
  let [master, half, app] = ['', '', ''];
  const open = async (as: string): Promise<Client> => {
    const client = await Client.open(as);
    clients.push(client);
    return client;
  };
  const database = () => servicesFor(master).open({ name: 'local' });

  beforeAll(async () => {
    if (!url) return;
    server = await RdsServer.on(url, PROCEDURES[name]);
    const onMySql = ['SELECT ON performance_schema.*', 'XA_RECOVER_ADMIN ON *.*'];
    const grants = ['PROCESS ON *.*', ...(name === 'mysql' ? onMySql : [])];
    master = await server.user('warden_rds_master', { procedures: PROCEDURES[name], grants });
    half = await server.user('warden_rds_half', { procedures: ['rds_kill'], grants });
    app = await server.user('warden_rds_app');
  });
  afterAll(() => server?.undo());
  afterEach(async () => {
    await leave(url, clients);
  });

  it.skipIf(!url)('is recognized by the procedures, and lacks nothing that they stand for', async () => {
    const db = await database();
    await db.close();
    expect(db.server).toMatchObject({ engine: name, managed: true });
    expect(db.killsStatementsExactly).toBe(name === 'mariadb');
    const health = await checkTarget(servicesFor(master), { principal: OPERATOR, target: 'local' });
    expect(health).toMatchObject({
      reachable: true,
      exactStatements: true,
      privileges: { process: true, super: false },
    });
    expect(health.missing.map((grant) => grant.name)).toEqual([expect.stringContaining('SELECT on mysql.')]);
  });

  it.skipIf(!url)('ends a session that the account itself could not', async () => {
    const [services, victim, other, we] = [servicesFor(master), await open(app), await open(app), await open(master)];
    expect([1095, 1094]).toContain(await we.run(`KILL ${victim.id}`));
    expect(await victim.isAlive()).toBe(true);
    const { tag } = await seen(services, victim.id);
    expect(await kill(services, victim.id, 'connection', { tag })).toMatchObject({
      outcome: 'terminated',
      identity: 'exact',
      proven: true,
    });
    expect(await victim.isAlive()).toBe(false);
    expect(await other.isAlive()).toBe(true);
  });

  it.skipIf(!url)('cancels the statement of the tag, and never the one after it', async () => {
    const [services, victim] = [servicesFor(master), await open(app)];
    const first = victim.run(LONG);
    const { statement } = await seen(services, victim.id, isRunning);
    const tag = statement?.tag ?? '';
    expect(await kill(services, victim.id, 'query', { tag })).toMatchObject({
      outcome: 'query-cancelled',
      identity: 'exact',
      proven: name === 'mysql',
    });
    await first;
    const second = victim.run(LONG);
    await seen(services, victim.id, (view) => isRunning(view) && view.statement?.tag !== tag);
    await expect(kill(services, victim.id, 'query', { tag })).rejects.toMatchObject({ code: 'tag-mismatch' });
    expect((await seen(services, victim.id)).statement).not.toBeNull();
    expect(await kill(services, victim.id, 'query')).toMatchObject({ outcome: 'query-cancelled' });
    await second;
    expect(await victim.isAlive()).toBe(true);
  });

  it.skipIf(!url)('compares in the server: of several, those that are no longer what was seen live on', async () => {
    const victims = [await open(app), await open(app), await open(app)];
    const db = await database();
    try {
      const rows = await db.find(victims.map(({ id }) => sessionId(id)));
      const byId = new Map(rows.map((row) => [String(row.id), row]));
      const orders = victims.flatMap(({ id }, place) => {
        const session = byId.get(id);
        if (session === undefined) return [];
        const user = place === 1 ? 'warden_rds_before' : session.user;
        return [{ session: { ...session, user }, compareStatement: false }];
      });
      expect(await db.compareAndKill(orders, 'connection')).toEqual(['sent', 'no-match', 'sent']);
    } finally {
      await db.close();
    }
    expect(await Promise.all(victims.map((victim) => victim.isAlive()))).toEqual([false, true, false]);
  });

  it.skipIf(!url)('says so where the account may execute only one of the procedures', async () => {
    const [services, victim] = [servicesFor(half), await open(app)];
    const running = victim.run(LONG);
    await seen(services, victim.id, isRunning);
    await expect(kill(services, victim.id, 'query')).rejects.toMatchObject({ code: 'target-privilege-missing' });
    expect((await seen(services, victim.id)).statement).not.toBeNull();
    expect(await kill(services, victim.id, 'connection')).toMatchObject({ outcome: 'terminated' });
    expect(await running).not.toBe(0);
  });

  // Only on a server of our own: elsewhere a user of that name may be somebody's.
  const ours = name === 'mariadb' ? it.skipIf(!url) : undefined;
  ours?.('sends nothing against the vendor’s own user', async () => {
    const [services, victim] = [servicesFor(master), await open(await server.user('rdsadmin'))];
    for (const kind of ['connection', 'query'] as const)
      await expect(kill(services, victim.id, kind)).rejects.toMatchObject({ code: 'protected', status: 403 });
    expect(await victim.isAlive()).toBe(true);
  });
});

import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { Client, kill, leave, list, servicesFor, urlAs } from './a-server.ts';
import { type CrashableServer, NotInstalled, startMariaDb, startMySql } from './mysql-servers.ts';

const FULL = 8;
/** Half of the call's time is for knocking. */
const config = (overall: number) =>
  `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
timeouts: { connect: 2, overall: ${overall} }
`;

const SERVERS = {
  mysql: {
    start: (port: number) => startMySql(['--admin-address=127.0.0.1', `--admin-port=${port}`]),
    admin: 'SERVICE_CONNECTION_ADMIN',
    full: 'CONNECTION_ADMIN',
  },
  mariadb: {
    start: (port: number) =>
      startMariaDb([`--extra-port=${port}`, '--extra-max-connections=1', '--max-user-connections=1000']),
    admin: 'PROCESS',
    full: 'CONNECTION ADMIN',
  },
} as const;

describe.each(['mysql', 'mariadb'] as const)('a login that %s refuses', async (name) => {
  const adminPort = await freePort();
  const { start, admin, full } = SERVERS[name];
  const server: CrashableServer | undefined = await start(adminPort).catch((error: unknown) => {
    if (error instanceof NotInstalled) return undefined;
    throw error;
  });
  const url = server?.url ?? '';
  const clients: Client[] = [];
  let root: Client;

  beforeAll(async () => {
    if (server === undefined) return;
    root = await Client.open(url);
    const users = { weak: 'PROCESS', adm: `PROCESS, ${admin}`, killer: `PROCESS, ${admin}, ${full}`, app: 'USAGE' };
    for (const [user, privileges] of Object.entries(users)) {
      await root.connection.query(`CREATE USER ${user} IDENTIFIED BY 'pw'`);
      await root.connection.query(`GRANT ${privileges} ON *.* TO ${user}`);
    }
  });
  afterEach(async () => {
    await leave(root, clients);
    if (server === undefined) return;
    await root.connection.query('SET GLOBAL max_connections = 100, max_user_connections = 1000');
    // The server counts a session against a limit until it has left the list, which may be after its client closed.
    await expect.poll(sessions, { timeout: 60_000 }).toBe(0);
  });
  afterAll(async () => {
    if (server !== undefined) root.close();
    await server?.stop();
  });

  const as = (user: string, query = '') => `${urlAs(url, user, 'pw')}${query}`;
  async function fill(): Promise<void> {
    await root.connection.query(`SET GLOBAL max_connections = ${FULL}`);
    for (;;) {
      const client = await Client.open(as('app')).catch(() => undefined);
      if (client === undefined) return;
      clients.push(client);
    }
  }
  /** Sessions of the accounts that have limits here. */
  async function sessions(): Promise<number> {
    const [rows] = await root.connection.query<RowDataPacket[]>(
      "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER NOT IN ('root', 'event_scheduler', 'system user')",
    );
    return Number(rows[0]?.['n']);
  }
  /** Logins that the server has seen, refused ones too. */
  async function logins(): Promise<number> {
    const [rows] = await root.connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Connections'");
    return Number(rows[0]?.['Value']);
  }

  it.skipIf(!server)('for a limit of our account is tried once, and told by a sentence of its own', async () => {
    await root.connection.query('ALTER USER weak WITH MAX_USER_CONNECTIONS 1');
    clients.push(await Client.open(as('weak')));
    const before = await logins();
    await expect(list(servicesFor(as('weak'), config(20)))).rejects.toMatchObject({
      code: 'target-account-full',
      hint: expect.stringContaining('MAX_USER_CONNECTIONS'),
    });
    expect((await logins()) - before).toBe(1);
    await root.connection.query('ALTER USER weak WITH MAX_USER_CONNECTIONS 0');
  });

  it.skipIf(!server)('for the limit that the server sets for each account is tried once', async () => {
    await root.connection.query('SET GLOBAL max_user_connections = 1');
    clients.push(await Client.open(as('weak')));
    const before = await logins();
    await expect(list(servicesFor(as('weak'), config(20)))).rejects.toMatchObject({ code: 'target-account-full' });
    expect((await logins()) - before).toBe(1);
  });

  it.skipIf(!server)('since it is full is tried some ten times in ten seconds', async () => {
    await fill();
    const before = await logins();
    await expect(list(servicesFor(as('weak'), config(20)))).rejects.toMatchObject({ code: 'target-full' });
    expect((await logins()) - before).toBeGreaterThan(5);
    expect((await logins()) - before).toBeLessThanOrEqual(20);
  });

  it.skipIf(!server)('since it is full is let in once a slot comes free', async () => {
    await fill();
    const listed = list(servicesFor(as('weak'), config(20)));
    const before = await logins();
    while ((await logins()) - before < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    clients.shift()?.close();
    expect((await listed).length).toBeGreaterThanOrEqual(FULL);
  });

  it.skipIf(!server)(
    'since it is full is let in at the port for administrators at once, and ends sessions there',
    async () => {
      await fill();
      const [victim] = clients;
      const services = servicesFor(as('killer', `?adminPort=${adminPort}`), config(20));
      // The slot that is reserved is taken too.
      clients.push(await Client.open(url));
      const before = await logins();
      const sessions = await list(services, { user: 'app' });
      const tag = sessions.find(({ id }) => id === victim?.id)?.tag ?? '';
      expect(await kill(services, victim?.id ?? '', 'connection', { tag })).toMatchObject({ outcome: 'terminated' });
      // Each call: refused once, let in once.
      expect((await logins()) - before).toBeLessThanOrEqual(4);
    },
  );

  it.skipIf(!server)('goes on at the own port where the other one is closed or is none', async () => {
    await fill();
    const port = name === 'mysql' ? adminPort : await freePort();
    await expect(list(servicesFor(as('weak', `?adminPort=${port}`), config(4)))).rejects.toMatchObject({
      code: 'target-full',
    });
    clients.shift()?.close();
    await expect(list(servicesFor(as('weak', `?adminPort=${port}`), config(20)))).resolves.not.toEqual([]);
  });
});

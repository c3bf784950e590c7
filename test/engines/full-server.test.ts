import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, kill, list, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';

const FULL = 20;
const IMPATIENT = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
timeouts: { connect: 1, overall: 2 }
`;

describe.each(engines)('$name with all its connections in use', ({ url = '' }) => {
  const clients: Client[] = [];
  let root: Client;
  let before: unknown;

  beforeAll(async () => {
    if (!url) return;
    root = await Client.open(url);
    for (const user of ['warden_app', 'warden_weak'])
      await root.connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
    const [rows] = await root.connection.query<RowDataPacket[]>('SELECT @@max_connections AS most');
    before = rows[0]?.['most'];
    await root.connection.query(`SET GLOBAL max_connections = ${FULL}`);
    let failure: { errno?: number } | undefined;
    while (failure === undefined && clients.length < 2 * FULL) {
      await Client.open(urlAs(url, 'warden_app', 'pw')).then(
        (client) => clients.push(client),
        (error: { errno?: number }) => {
          failure = error;
        },
      );
    }
    expect(failure?.errno).toBe(1040);
  });
  afterAll(async () => {
    if (!url) return;
    await root.connection.query(`SET GLOBAL max_connections = ${before}`);
    for (const client of clients) client.close();
    for (const user of ['warden_app', 'warden_weak']) await root.connection.query(`DROP USER ${user}`);
    root.close();
  });

  /** Many clients that want in at once and again, as an application does whose pool has run dry. */
  function hammer(): () => Promise<void> {
    let over = false;
    const knocking = Array.from({ length: 20 }, async () => {
      while (!over)
        await createConnection(urlAs(url, 'warden_app', 'pw')).then(
          (c) => c.destroy(),
          () => {},
        );
    });
    return async () => {
      over = true;
      await Promise.all(knocking);
    };
  }

  it.skipIf(!url)(
    'lists and ends a session through the one slot that the server reserves, again and again',
    async () => {
      const services = servicesFor(url);
      const stop = hammer();
      try {
        for (let round = 0; round < 10; round++) {
          const victim = (await list(services, { user: 'warden_app' })).find(({ id }) =>
            clients.some((c) => c.id === id),
          );
          if (victim === undefined) throw new Error('no victim is left');
          expect(await kill(services, victim.id, 'connection', { tag: victim.tag })).toMatchObject({
            outcome: 'terminated',
          });
          await clients.find(({ id }) => id === victim.id)?.ended;
          await Client.open(urlAs(url, 'warden_app', 'pw')).then(
            (client) => clients.push(client),
            () => {},
          );
        }
      } finally {
        await stop();
      }
    },
  );

  it.skipIf(!url)('tells an account without the reserved slot that the server is full, and what to grant', async () => {
    for (;;) {
      const more = await Client.open(urlAs(url, 'warden_app', 'pw')).catch(() => undefined);
      if (more === undefined) break;
      clients.push(more);
    }
    await expect(list(servicesFor(urlAs(url, 'warden_weak', 'pw'), IMPATIENT))).rejects.toMatchObject({
      code: 'target-full',
      status: 503,
      retryAfter: expect.any(Number),
      hint: expect.stringContaining('CONNECTION_ADMIN'),
    });
  });
});

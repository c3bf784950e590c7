import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFigures } from '../faults/figures.ts';
import { Client, kill, leave, list, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';

const FULL = 60;
/** As many as would take every slot that comes free. */
const KNOCKING = 200;
/** How long each of them waits after a refusal: some 800 knock a second. Without any pause one of 200 of our tries is let in, and only an admin port helps. */
const PAUSE_MS = 250;
const ROUNDS = 50;
const IMPATIENT = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
timeouts: { connect: 1, overall: 2 }
`;

describe.each(engines)('$name with all its connections in use', ({ name, url = '' }) => {
  const clients: Client[] = [];
  const gone = new Set<Client>();
  let root: Client;
  let before: unknown;

  beforeAll(async () => {
    if (!url) return;
    root = await Client.open(url);
    for (const user of ['warden_app', 'warden_weak'])
      await root.connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
    const [rows] = await root.connection.query<RowDataPacket[]>(
      'SELECT @@max_connections AS most, COUNT(*) AS used FROM information_schema.processlist',
    );
    before = rows[0]?.['most'];
    // What other files have left on this server, for a moment more, takes no slot of these.
    await root.connection.query(`SET GLOBAL max_connections = ${FULL + Number(rows[0]?.['used'])}`);
    let failure: { errno?: number } | undefined;
    while (failure === undefined && clients.length < 4 * FULL) {
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
    await leave(root, clients);
    for (const user of ['warden_app', 'warden_weak']) await root.connection.query(`DROP USER ${user}`);
    root.close();
  });

  /** Many clients that want in at once. Stopped, it tells how often they knocked. */
  async function hammer(): Promise<() => Promise<number>> {
    const workerData = { url: urlAs(url, 'warden_app', 'pw'), clients: KNOCKING, pauseMs: PAUSE_MS };
    const worker = new Worker(new URL('./hammer-worker.ts', import.meta.url), { workerData });
    await once(worker, 'message');
    return async () => {
      worker.postMessage('stop');
      const [knocks] = await once(worker, 'message');
      await worker.terminate();
      return Number(knocks);
    };
  }

  it.skipIf(!url)(
    'lists and ends a session through the one slot that the server reserves, 50 times running',
    async () => {
      const services = servicesFor(url);
      const figures = { tried: 0, wrong: 0, lost: 0 };
      const stop = await hammer();
      try {
        for (let round = 0; round < ROUNDS; round++) {
          figures.tried++;
          const sessions = await list(services, { user: 'warden_app' });
          const victim = sessions.find(({ id }) => clients.some((c) => c.id === id && !gone.has(c)));
          if (victim === undefined) throw new Error('no victim is left');
          const { outcome } = await kill(services, victim.id, 'connection', { tag: victim.tag });
          if (outcome !== 'terminated') figures.wrong++;
          expect(outcome).toBe('terminated');
          const client = clients.find(({ id }) => id === victim.id);
          await client?.ended;
          if (client) gone.add(client);
        }
      } finally {
        const knocks = await stop();
        figures.wrong += ROUNDS - figures.tried;
        figures.lost = services.audit.records.filter(({ outcome }) => outcome === null).length;
        const note = `${KNOCKING} clients knocked ${knocks} times at ${FULL} slots; list and kill, ${ROUNDS} times running`;
        writeFigures({ name: `Server full, ${name}`, ...figures, left: null, findings: null, note });
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

import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { kill, list, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';
import { type CrashableServer, startMariaDb, startMySql } from './mysql-servers.ts';

const START = { mysql: startMySql, mariadb: startMariaDb } as const;
const crashable = engines.filter(({ name }) => name !== 'oceanbase');

/** A session that came by socket: its host has no port, so that after a restart another one looks just like it. */
async function bySocket(server: CrashableServer) {
  const connection = await createConnection(server.url);
  const [rows] = await connection.query('SELECT @@socket AS path');
  await connection.end();
  const path = (rows as { path: string }[])[0]?.path ?? '';
  const client = await createConnection({ socketPath: path, user: 'root' });
  client.on('error', () => {});
  const [ids] = await client.query('SELECT CAST(CONNECTION_ID() AS CHAR) AS id');
  return { client, id: (ids as { id: string }[])[0]?.id ?? '' };
}

describe.each(crashable)('a tag and a restart of $name', ({ name, url }) => {
  it.skipIf(!url)('does not outlive the server that gave it, though ID, user and host come again', async () => {
    const server = await START[name as keyof typeof START]();
    try {
      const services = servicesFor(server.url);
      const before = await bySocket(server);
      const tag = (await list(services)).find(({ id }) => id === before.id)?.tag ?? '';
      // A start is told in whole seconds.
      await sleep(1_100);
      await server.crash();
      // IDs begin again: one of the next clients has that ID.
      const others = [];
      for (let round = 0; round < 30 && others.at(-1)?.id !== before.id; round++) others.push(await bySocket(server));
      const other = others.at(-1);
      expect(other?.id).toBe(before.id);
      await expect(kill(services, before.id, 'connection', { tag })).rejects.toMatchObject({ code: 'tag-mismatch' });
      await expect(other?.client.query('SELECT 1')).resolves.toBeDefined();
      for (const { client } of others) client.destroy();
    } finally {
      await server.stop();
    }
  });
});

import { readdirSync } from 'node:fs';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, expect, it } from 'vitest';
import { until } from '../support/chat/fake-server.ts';
import { Client } from './a-server.ts';
import { NotInstalled, startMariaDb, type TestServer } from './mysql-servers.ts';

const servers: TestServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const first = await startMariaDb().catch((error: unknown) => {
  if (error instanceof NotInstalled) return error.message;
  throw error;
});
const reason = typeof first === 'string' ? ` - skipped: ${first}` : '';

it.skipIf(typeof first === 'string')(
  `a MariaDB that starts leaves the temporary tables of another one alone${reason}`,
  async () => {
    if (typeof first === 'string') return;
    servers.push(first);
    const [holder, reader] = [await Client.open(first.url), await Client.open(first.url)];
    const [[row]] = await holder.connection.query<RowDataPacket[]>("SELECT GET_LOCK('rows', 0), @@tmpdir AS tmpdir");
    const files = () => readdirSync(String(row?.['tmpdir'])).filter((name) => name.startsWith('#sql'));
    // The process list is a temporary table in files, since its statements may be long; it is there until the last row is read.
    const rows = reader.run("SELECT GET_LOCK('rows', 60), INFO FROM information_schema.processlist");
    const before = await until(() => (files().length > 0 ? files() : undefined), 'a temporary table');
    servers.push(await startMariaDb());
    // A table is two files, of which the first look may have met one.
    expect(files()).toEqual(expect.arrayContaining(before));
    await holder.run("DO RELEASE_LOCK('rows')");
    expect(await rows).toBe(0);
    expect(await reader.isAlive()).toBe(true);
    for (const client of [holder, reader]) client.close();
  },
);

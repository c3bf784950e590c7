import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import type { EngineName } from './engine-status.ts';
import { engines } from './engines.ts';

const SAYS: Readonly<Record<EngineName, RegExp>> = {
  oceanbase: /oceanbase/i,
  mariadb: /mariadb/i,
  mysql: /^(?!.*(mariadb|oceanbase))/i,
};

describe.each(engines)('the server for $name', ({ name, url = '' }) => {
  it.skipIf(!url)('is what it is said to be', async () => {
    const connection = await createConnection(url);
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT CONCAT(VERSION(), @@version_comment) AS version');
    connection.destroy();
    expect(row?.['version']).toMatch(SAYS[name]);
  });
});

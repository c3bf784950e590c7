import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { RunningEngine } from '../engines/servers.ts';

/** A server to measure on. */
export interface BenchServer {
  readonly url: string;
  /** Name and version, as a reader knows them. */
  readonly server: string;
}

const NAMES = { oceanbase: 'OceanBase', mariadb: 'MariaDB', mysql: 'MySQL' } as const;

/** The engine as a server to measure on. */
export async function benchServer({ name }: RunningEngine, url: string): Promise<BenchServer> {
  const connection = await createConnection(url);
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  await connection.end();
  const version = String(row?.['version']);
  // '5.7.25-OceanBase seekdb-v1.4.0.0', '10.11.19-MariaDB-…': the rest is of no interest.
  const short = /seekdb-v?[\d.]+/.exec(version)?.[0].replace('-v', ' ') ?? /^[\d.]+/.exec(version)?.[0] ?? version;
  return { url, server: `${NAMES[name]} ${short}` };
}

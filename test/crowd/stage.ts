import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Engine } from '../../lib/database/database.ts';
import type { Login } from './a-client.ts';

/** A server that is made ready for a crowd. */
export interface Stage {
  readonly logins: readonly [Login, ...Login[]];
  /** The URL of the product's account. */
  readonly service: string;
  /** Statements are told apart by text and age only there. */
  readonly isApproximate: boolean;
  /** What was set on the server. */
  readonly settings: readonly string[];
  /** Leaves the server as it was. */
  leave(): Promise<void>;
}

const USERS = ['crowd_a', 'crowd_b', 'crowd_c'] as const;

async function value(root: Connection, sql: string): Promise<string> {
  const [rows] = await root.query<RowDataPacket[]>(sql);
  return String(Object.values(rows[0] ?? {})[0]);
}

/** Makes users, tables and procedures, and sets what the seed says. */
export async function prepare(engine: Engine, url: string, _seed: number, clients: number): Promise<Stage> {
  const root = await createConnection({ uri: url, multipleStatements: true });
  await root.query('SET SESSION sql_select_limit = 9223372036854775807, SESSION autocommit = 1');
  await root.query('CREATE DATABASE IF NOT EXISTS crowd');
  await root.query('CREATE TABLE IF NOT EXISTS crowd.t (id INT PRIMARY KEY, n INT)');
  const ids = Array.from({ length: clients + 10 }, (_, n) => `(${n}, 0)`);
  await root.query(`REPLACE INTO crowd.t VALUES ${ids.join(', ')}`);
  for (const user of USERS) {
    await root.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
    await root.query(`GRANT ALL ON crowd.* TO ${user}`);
  }
  const { port } = new URL(url);
  const logins = USERS.map((user): Login => ({ port: Number(port), user, password: 'pw' }));
  const [first, ...others] = logins;
  if (first === undefined) throw new Error('nobody may log in');
  const isApproximate = engine === 'mysql' && (await value(root, 'SELECT @@performance_schema')) === '0';
  return {
    logins: [first, ...others],
    service: url,
    isApproximate,
    settings: [],
    leave: async () => {
      await root.query('DROP DATABASE crowd');
      for (const user of USERS) await root.query(`DROP USER ${user}`);
      await root.end();
    },
  };
}

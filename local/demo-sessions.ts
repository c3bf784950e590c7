import { randomBytes } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import type { Kernel } from './kernel/start-kernel.ts';

const SECONDS_A_DAY = 86_400;
const DAY_US = SECONDS_A_DAY * 1_000_000;
const USERS = ['app', 'report', 'ada'] as const;
type User = (typeof USERS)[number];

/** Sessions to look at and to end. Ended ones stay ended. */
export interface DemoSessions {
  /** Hangs up on all. */
  close(): void;
}

/**
 * Opens sessions of three users on an empty OceanBase kernel: four idle ones, a long query, a transaction that holds a
 * row lock and is idle, and one that waits for that lock. Passwords are random and known to nobody else.
 */
export async function openDemoSessions(kernel: Pick<Kernel, 'url' | 'port'>): Promise<DemoSessions> {
  const connections: Connection[] = [];
  const keep = (connection: Connection) => {
    connection.on('error', () => {}); // it was killed, which is what it is for
    connections.push(connection);
    return connection;
  };
  try {
    const root = keep(await createConnection(kernel.url));
    const passwords = await createUsers(root);
    const open = async (user: User) => {
      const at = { host: '127.0.0.1', port: kernel.port, user, password: passwords[user], database: 'shop' };
      const connection = keep(await createConnection(at));
      await connection.query(
        `SET wait_timeout = ${SECONDS_A_DAY}, ob_query_timeout = ${DAY_US}, ob_trx_timeout = ${DAY_US}`,
      );
      return connection;
    };

    for (const user of ['app', 'app', 'report', 'ada'] as const) await open(user);
    leave(await open('report'), `SELECT customer, SUM(amount), SLEEP(${SECONDS_A_DAY}) FROM orders WHERE amount > 10`);
    const holder = await open('ada');
    await holder.beginTransaction();
    await holder.query("UPDATE orders SET amount = amount + 1 WHERE customer = 'acme'");
    leave(await open('app'), "UPDATE orders SET amount = 0 WHERE customer = 'acme'");
    root.destroy();
  } catch (error) {
    closeAll(connections);
    throw error;
  }
  return { close: () => closeAll(connections) };
}

async function createUsers(root: Connection): Promise<Readonly<Record<User, string>>> {
  const password = () => randomBytes(18).toString('base64url');
  const passwords = { app: password(), report: password(), ada: password() };
  await root.query('CREATE DATABASE shop');
  await root.query('CREATE TABLE shop.orders (customer VARCHAR(40) PRIMARY KEY, amount INT NOT NULL)');
  await root.query("INSERT INTO shop.orders VALUES ('acme', 120)");
  for (const user of USERS) {
    await root.query(`CREATE USER ${user} IDENTIFIED BY '${passwords[user]}'`);
    await root.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO ${user}`);
  }
  return passwords;
}

/** Starts a statement and does not wait for it; that it is cancelled or killed is its purpose. */
function leave(connection: Connection, sql: string): void {
  connection.query(sql).catch(() => {});
}

function closeAll(connections: readonly Connection[]): void {
  for (const connection of connections) connection.destroy();
}

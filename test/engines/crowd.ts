import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { Client, leave, urlAs } from './a-server.ts';

const ROOM = 400;

/** Many sessions of several kinds on one server, which notice themselves when they are ended. */
export class Crowd {
  readonly clients: Client[] = [];
  readonly #ended = new Set<Client>();
  readonly #url: string;
  readonly #root: Client;
  readonly #most: number;
  #rows = 0;

  private constructor(url: string, root: Client, most: number) {
    this.#url = url;
    this.#root = root;
    this.#most = most;
  }

  static async gather(url: string): Promise<Crowd> {
    const root = await Client.open(url);
    const { connection } = root;
    for (const user of ['warden_r_app', 'warden_r_safe'])
      await connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
    await connection.query('CREATE DATABASE IF NOT EXISTS warden_reap');
    await connection.query('CREATE TABLE IF NOT EXISTS warden_reap.t (id INT PRIMARY KEY, n INT)');
    await connection.query('GRANT ALL ON warden_reap.* TO warden_r_app');
    const [rows] = await connection.query<RowDataPacket[]>('SELECT @@max_connections AS most');
    const most = Number(rows[0]?.['most']);
    if (most < ROOM) await connection.query(`SET GLOBAL max_connections = ${ROOM}`);
    return new Crowd(url, root, most);
  }

  /** The sessions that have not been ended, as they see it. */
  living(): Set<Client> {
    return new Set(this.clients.filter((client) => !this.#ended.has(client)));
  }

  /** Waits until exactly these are alive, as they see it. @throws Error where one more or one less is, after a while */
  async mustLive(alive: readonly Client[]): Promise<void> {
    const isSo = (): boolean =>
      this.living().size === alive.length && alive.every((client) => this.living().has(client));
    for (let round = 0; round < 600 && !isSo(); round++) await sleep(100);
    if (!isSo()) throw new Error(`${this.living().size} are alive, and ${alive.length} should be`);
  }

  async idle(count: number, user = 'warden_r_app'): Promise<readonly Client[]> {
    return Promise.all(
      Array.from({ length: count }, async () => {
        const client = await Client.open(urlAs(this.#url, user, 'pw'));
        client.connection.on('error', () => {});
        // An error event comes only while nothing runs; the socket tells always.
        (client.connection as unknown as { connection: { stream: Socket } }).connection.stream.once('close', () =>
          this.#ended.add(client),
        );
        this.clients.push(client);
        return client;
      }),
    );
  }

  /** Asleep, each with a transaction that has changed a row of its own. */
  async inTransaction(count: number): Promise<readonly Client[]> {
    const clients = await this.idle(count);
    for (const client of clients) {
      await client.connection.query('BEGIN');
      await client.connection.query(`INSERT INTO warden_reap.t VALUES (${++this.#rows}, 0)`);
    }
    return clients;
  }

  /** MariaDB takes up to two seconds for the KILL of one of several that run SLEEP, which share a mutex, so most wait for a lock by name. */
  async busy(count: number): Promise<readonly Client[]> {
    const clients = await this.idle(count);
    const [rows] = await this.#root.connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    const isKernel = /oceanbase/i.test(String(rows[0]?.['version']));
    if (!isKernel) await this.#root.connection.query("SELECT GET_LOCK('warden_reap', 0)");
    const sql = isKernel ? 'SELECT SLEEP(100)' : "SELECT GET_LOCK('warden_reap', 100)";
    for (const client of clients) void client.run(sql);
    return clients;
  }

  /** As {@link inTransaction}, each with another session that waits for its row. */
  async blocking(count: number): Promise<readonly Client[]> {
    const blockers = await this.inTransaction(count);
    const waiters = await this.idle(count);
    for (const [index, waiter] of waiters.entries()) {
      const row = this.#rows - count + 1 + index;
      void waiter.run(`INSERT INTO warden_reap.t VALUES (${row}, 1)`);
    }
    return blockers;
  }

  async leave(): Promise<void> {
    await leave(this.#root, this.clients);
    const { connection } = this.#root;
    await connection.query('DROP DATABASE warden_reap');
    for (const user of ['warden_r_app', 'warden_r_safe']) await connection.query(`DROP USER ${user}`);
    if (this.#most < ROOM) await connection.query(`SET GLOBAL max_connections = ${this.#most}`);
    this.#root.close();
  }
}

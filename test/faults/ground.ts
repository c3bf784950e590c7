import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { Client, urlAs } from '../engines/a-server.ts';

/** A session that a call of ours is to end, or its statement, and what has become of it as itself sees it. */
export interface Prey {
  readonly client: Client;
  readonly isBusy: boolean;
  /** Its statement where it is busy, else the session. */
  readonly isEnded: () => boolean;
  readonly isConnected: () => boolean;
}

const LOCK = 'warden_faults';
/** What victims that are busy run, as a list shows it. */
export const HELD = /SLEEP|GET_LOCK/;

/** A server with what the cells of a matrix need: for each place in it a user for us and another for our victims. */
export class Ground {
  readonly url: string;
  readonly engine: string;
  #root: Client;
  readonly #hold: string;

  private constructor(url: string, engine: string, root: Client) {
    this.url = url;
    this.engine = engine;
    this.#root = root;
    // MariaDB takes up to two seconds for the KILL of one of several that run SLEEP, which share a mutex; the kernel has no GET_LOCK.
    this.#hold =
      engine === 'oceanbase'
        ? 'SELECT SLEEP(500) FROM (SELECT 1 UNION ALL SELECT 2) r'
        : `SELECT GET_LOCK('${LOCK}', 500)`;
  }

  static async prepare(url: string, engine: string, places: number): Promise<Ground> {
    const root = await Client.open(url);
    for (let place = 0; place < places; place++) {
      await root.connection.query(`CREATE USER IF NOT EXISTS ${ours(place)}`);
      await root.connection.query(`GRANT ALL ON *.* TO ${ours(place)}`);
      await root.connection.query(`CREATE USER IF NOT EXISTS ${theirs(place)}`);
    }
    const ground = new Ground(url, engine, root);
    await ground.#lock();
    return ground;
  }

  /** Makes it ready again after the server was restarted; its users are there yet. */
  async reopen(): Promise<void> {
    this.#root.close();
    this.#root = await Client.open(this.url);
    await this.#lock();
  }

  async #lock(): Promise<void> {
    if (this.engine !== 'oceanbase') await this.#root.connection.query(`SELECT GET_LOCK('${LOCK}', 0)`);
  }

  /** Our URL of a place, on this server or at a door to it. */
  urlOf(place: number, port = Number(new URL(this.url).port)): string {
    const url = new URL(urlAs(this.url, ours(place), ''));
    url.port = String(port);
    return url.href;
  }

  async prey(place: number, isBusy: boolean, database = ''): Promise<Prey> {
    const url = new URL(urlAs(this.url, theirs(place), ''));
    url.pathname = database;
    const client = await Client.open(url.href);
    client.connection.on('error', () => {});
    let isConnected = true;
    // An error event comes only while nothing runs; the socket tells always.
    const { stream } = (client.connection as unknown as { connection: { stream: Socket } }).connection;
    stream.once('close', () => {
      isConnected = false;
    });
    let runs = isBusy;
    if (isBusy)
      void client.run(this.#hold).then(() => {
        runs = false;
      });
    return {
      client,
      isBusy,
      isEnded: () => (isBusy ? !runs : !isConnected),
      isConnected: () => isConnected,
    };
  }

  /** How many sessions of ours at a place the server still lists, once it has had time to notice that we left. */
  async left(place: number): Promise<number> {
    for (let round = 0; ; round++) {
      const [rows] = await this.#root.connection.query<RowDataPacket[]>(
        `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE USER = '${ours(place)}'`,
      );
      const left = Number(rows[0]?.['n']);
      // The kernel looks for sessions whose time is up every few seconds.
      if (left === 0 || round > 80) return left;
      await sleep(Math.min(20 * (round + 1), 200));
    }
  }

  async clear(places: number): Promise<void> {
    for (let place = 0; place < places; place++)
      await this.#root.connection.query(`DROP USER ${ours(place)}, ${theirs(place)}`);
    this.#root.close();
  }
}

export const ours = (place: number): string => `warden_door_${place}`;
export const theirs = (place: number): string => `warden_prey_${place}`;

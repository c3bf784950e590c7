import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';

/** The database user of all seeded sessions. */
export const SEEDED_USER = 'warden_seed';

/** Sessions that come back when they are ended, so that there is always something to end. */
export class Seeds {
  readonly #connections = new Set<Connection>();
  #over = false;

  /** Opens sessions that sleep and others that run a long statement. */
  static async sow(root: string, each: number): Promise<Seeds> {
    const admin = await createConnection(root);
    await admin.query(`CREATE USER ${SEEDED_USER} IDENTIFIED BY 'seed'`);
    await admin.end();
    const url = new URL(root);
    url.username = SEEDED_USER;
    url.password = 'seed';
    const seeds = new Seeds();
    for (let index = 0; index < each; index++) {
      void seeds.#keep(url.href, null);
      void seeds.#keep(url.href, 'SELECT SLEEP(100)');
    }
    return seeds;
  }

  async #keep(url: string, statement: string | null): Promise<void> {
    while (!this.#over) {
      try {
        const connection = await createConnection(url);
        this.#connections.add(connection);
        const ended = new Promise<void>((resolve) => connection.on('error', () => resolve()));
        // A statement that was cancelled runs again; one whose session was ended rejects, and is followed by another.
        if (statement === null) await ended;
        else while (!this.#over) await connection.query(statement);
        this.#connections.delete(connection);
      } catch {
        await sleep(20);
      }
    }
  }

  close(): void {
    this.#over = true;
    for (const connection of this.#connections) connection.destroy();
  }
}

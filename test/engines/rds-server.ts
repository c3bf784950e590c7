import type { Connection } from 'mysql2/promise';
import { Client, urlAs } from './a-server.ts';

const KILLS = { rds_kill: 'CONNECTION', rds_kill_query: 'QUERY', rds_kill_query_id: 'QUERY ID' } as const;

/** Makes a server look like one of RDS: the vendor's procedures, and an account that can end others by them alone. */
export class RdsServer {
  readonly #root: Connection;
  readonly #url: string;
  readonly #made: string[] = [];

  private constructor(root: Connection, url: string) {
    this.#root = root;
    this.#url = url;
  }

  /** Like those of RDS, these find nobody for 0, and spare the vendor's user. */
  static async on(url: string, names: readonly (keyof typeof KILLS)[]): Promise<RdsServer> {
    const { connection } = await Client.open(url);
    const server = new RdsServer(connection, url);
    for (const name of names) {
      const column = name === 'rds_kill_query_id' ? 'QUERY_ID' : 'ID';
      // A run that was cut short may have left it.
      await connection.query(`DROP PROCEDURE IF EXISTS mysql.${name}`);
      await connection.query(`CREATE PROCEDURE mysql.${name}(IN thread BIGINT) READS SQL DATA
        BEGIN
          DECLARE name VARCHAR(128);
          SELECT user INTO name FROM information_schema.processlist WHERE ${column} = thread;
          IF name = 'rdsadmin' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'CANNOT KILL RDSADMIN SESSION';
          ELSE KILL ${KILLS[name]} thread; END IF;
        END`);
      server.#made.push(`PROCEDURE mysql.${name}`);
    }
    return server;
  }

  /** Makes a user that may execute these procedures, and gives its URL. */
  async user(name: string, { procedures = [] as readonly string[], grants = [] as readonly string[] } = {}) {
    await this.#root.query(`DROP USER IF EXISTS ${name}`);
    await this.#root.query(`CREATE USER ${name} IDENTIFIED BY 'pw'`);
    this.#made.push(`USER ${name}`);
    for (const grant of grants) await this.#root.query(`GRANT ${grant} TO ${name}`);
    for (const procedure of procedures)
      await this.#root.query(`GRANT EXECUTE ON PROCEDURE mysql.${procedure} TO ${name}`);
    return urlAs(this.#url, name, 'pw');
  }

  /** Drops all that was made, and leaves. */
  async undo(): Promise<void> {
    for (const thing of this.#made.toReversed()) await this.#root.query(`DROP ${thing}`);
    this.#root.destroy();
  }
}

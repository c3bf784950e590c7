import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2';
import { type End, type Hold, type Life, type Notes, type Ran, wordOf } from './notes.ts';

type Connection = ReturnType<typeof createConnection>;

/** What to run. `%` in the text becomes the statement's mark, in a comment. */
export interface Step {
  readonly sql: string;
  /** Milliseconds that it takes at least. */
  readonly least?: number;
  readonly wants?: string;
  /** A mark that another has had: the same text once more. */
  readonly mark?: number;
  readonly isSpared?: boolean;
  /** Rows named `slept` come of it, so many; each is 1 where its SLEEP was cut. Without, it answers OK or one row. */
  readonly sleeps?: number;
  /** Where it is cut it may end as if nothing had been, so that its client cannot tell. */
  readonly isMute?: boolean;
}

/** How steps go out, and what comes of them where all goes well. */
export interface Sending {
  /** Prepared on the server and run by the binary protocol; for one step. */
  readonly values?: readonly (string | number)[];
  /** The state of the transaction afterwards; as before where it is not given. Out of it, its locks are free. */
  readonly leaves?: boolean;
  /** Frees locks that belong to the session, not to a transaction. */
  readonly frees?: boolean;
  /** Takes the rows that come. */
  readonly rows?: object[];
  /** Milliseconds that the file takes which the client sends, where the server asks for one. */
  readonly file?: number;
}

/** Where and as whom a client connects. */
export interface Login {
  readonly port: number;
  readonly socketPath?: string;
  readonly user: string;
  readonly password: string;
}

interface Failure {
  readonly errno?: number | undefined;
  readonly fatal?: boolean | undefined;
}

/** A row is read so late at most. */
const LATEST_ROW_MS = 1_000;

const CUT = [1317, 5065];
const KILLED = [1927, 5066, 2013, 4031];

let lastMark = 0;

/** A mark that no other statement bears. */
export const newMark = (): number => ++lastMark;

/** A file that is read slowly. */
async function* slowFile(milliseconds: number): AsyncGenerator<Buffer> {
  for (let line = 0; line < 5; line++) {
    if (line > 0) await sleep(milliseconds / 4);
    yield Buffer.from(`${line}\t0\n`);
  }
}

/** A connection that writes down what it runs, when, and what it is told. */
export class Client {
  readonly life: Life;
  readonly #connection: Connection;
  readonly #notes: Notes;

  private constructor(connection: Connection, life: Life, notes: Notes) {
    this.#connection = connection;
    this.life = life;
    this.#notes = notes;
    const gone = () => {
      const now = performance.now();
      life.gone = Math.min(life.gone, now);
      for (const hold of life.holds) [hold.until, hold.to] = [Math.min(hold.until, life.alive), Math.min(hold.to, now)];
    };
    connection.on('error', () => {});
    this.#stream.once('close', gone);
    this.#stream.setMaxListeners(0);
  }

  static async open(notes: Notes, client: number, login: Login): Promise<Client> {
    const opening = performance.now();
    const { socketPath, ...network } = login;
    const connection = createConnection({
      ...(socketPath === undefined ? { ...network, host: '127.0.0.1' } : { ...login }),
      multipleStatements: true,
    });
    connection.on('error', () => {});
    await once(connection, 'connect');
    const life: Life = {
      client,
      how: socketPath === undefined ? 'TCP' : 'socket',
      id: '',
      opening,
      open: Number.POSITIVE_INFINITY,
      alive: 0,
      leaving: Number.POSITIVE_INFINITY,
      gone: Number.POSITIVE_INFINITY,
      users: [{ at: opening, is: login.user }],
      transactions: [{ at: opening, is: null }],
      ran: [],
      holds: [],
      hasSetClock: false,
    };
    const made = new Client(connection, life, notes);
    const [id] = await made.read(
      "SET SESSION sql_select_limit = 1000, SESSION autocommit = 1, SESSION sql_mode = ''; SELECT CAST(CONNECTION_ID() AS CHAR) AS id",
    );
    life.id = String(id);
    life.open = life.alive = performance.now();
    life.transactions.push({ at: life.open, is: false });
    notes.lives.push(life);
    return made;
  }

  get #stream(): Socket {
    return (this.#connection as unknown as { stream: Socket }).stream;
  }

  get isGone(): boolean {
    return this.life.gone < Number.POSITIVE_INFINITY || this.life.leaving < Number.POSITIVE_INFINITY;
  }

  /** The first column of a question that bears no mark. */
  read(sql: string): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#connection.query<RowDataPacket[] | RowDataPacket[][]>(sql, (error, rows) => {
        if (error) return reject(error);
        const last = (Array.isArray(rows) ? rows.at(-1) : undefined) as RowDataPacket | RowDataPacket[] | undefined;
        const list = Array.isArray(last) ? last : rows;
        resolve((list as RowDataPacket[]).map((row) => Object.values(row)[0]));
      });
    });
  }

  /** Runs one question, and notes it. @returns the first column of its answer; nothing where it failed */
  async ask(sql: string, wants: string): Promise<readonly unknown[]> {
    const rows: object[] = [];
    await this.send([{ sql, wants }], { rows });
    return rows.map((row) => Object.values(row)[0]);
  }

  /** Runs one packet, and notes each of its statements. @returns how the last that ran ended */
  async send(steps: readonly Step[], sending: Sending = {}): Promise<End> {
    const { leaves, frees = leaves === false } = sending;
    const { life } = this;
    if (this.isGone) return 'lost';
    const from = performance.now();
    const before = life.transactions.at(-1)?.is ?? null;
    life.transactions.push({ at: from, is: before === true && leaves === undefined ? true : null });
    if (frees) for (const hold of life.holds) hold.until = Math.min(hold.until, from);
    let earliest = from;
    const ran = steps.map(({ sql, least = 0, wants = null, isSpared = false, mark = newMark(), sleeps }): Ran => {
      const text = sql.replace('%', `/* ${wordOf(mark)} */`);
      const one: Ran = {
        mark,
        sql: text,
        from: earliest,
        to: Number.POSITIVE_INFINITY,
        least,
        end: null,
        errno: null,
        isSpared,
        wants,
      };
      // One that is cut without an error lets the next begin before its time.
      if (sleeps !== 1) earliest += least;
      return one;
    });
    life.ran.push(...ran);
    const packet = ran.map(({ sql }) => sql).join('; ');
    const { failed, error } = await this.#exchange(packet, steps, ran, sending);
    const now = performance.now();
    const errno = error?.errno ?? null;
    const isLost = error !== null && (error.fatal === true || KILLED.includes(errno ?? 0));
    for (const [place, one] of ran.entries()) {
      one.to = Math.min(one.to, now);
      const isAfter = failed !== null && place > failed;
      const isFailed = failed !== null && place === failed;
      one.errno = isFailed ? errno : null;
      // Which of them ran when the connection was lost, nobody can say.
      if (isLost && (isAfter || isFailed)) one.end = 'lost';
      else if (isAfter) {
        life.ran.splice(life.ran.indexOf(one), 1);
      } else if (isFailed) one.end = CUT.includes(errno ?? 0) ? 'cut' : 'failed';
      else if (one.end === null) {
        // Of one whose beginning is not known its own row tells.
        const isShort = steps[place]?.sleeps !== 1 && one.to - one.from < one.least - 20;
        one.end = isShort ? 'cut' : steps[place]?.isMute ? 'unsure' : 'whole';
      }
    }
    if (isLost) {
      await this.#ended();
      return 'lost';
    }
    if (frees) for (const hold of life.holds) hold.to = Math.min(hold.to, now);
    life.alive = now;
    life.transactions.push({
      at: now,
      is: failed === null ? (leaves ?? before) : before === false && leaves === undefined ? false : null,
    });
    return ran[failed ?? ran.length - 1]?.end ?? 'whole';
  }

  /** The place of the statement that failed, by the results that came before; `null` where none did. */
  #exchange(
    sql: string,
    steps: readonly Step[],
    ran: readonly Ran[],
    { values, rows: taken = [], file = 0 }: Sending,
  ): Promise<{ failed: number | null; error: Failure | null }> {
    let opened = -1;
    let rows = 0;
    const begin = () => {
      // A statement begins its results once the one before has ended.
      const before = ran[opened++];
      if (before !== undefined && before.to === Number.POSITIVE_INFINITY) before.to = performance.now();
      rows = 0;
    };
    const see = (row: unknown) => {
      const one = ran[Math.max(0, opened)];
      if (typeof row !== 'object' || row === null) return;
      rows++;
      taken.push(row);
      if (one !== undefined && 'slept' in row && String(row.slept) === '1') one.end = 'cut';
      const sleeps = steps[opened]?.sleeps;
      if (one === undefined || sleeps === undefined || rows < sleeps) return;
      // What follows in its packet sends its columns no sooner than its rows.
      one.to = performance.now();
      if (sleeps !== 1) return;
      const next = ran[opened + 1];
      if (next !== undefined) next.from = Math.max(next.from, one.to - LATEST_ROW_MS);
    };
    return new Promise((resolve) => {
      const fail = (error: Failure) => {
        const isWhole = opened >= 0 && rows >= (steps[opened]?.sleeps ?? 1) && ran[opened]?.end !== 'cut';
        resolve({ failed: Math.min(Math.max(0, isWhole ? opened + 1 : opened), ran.length - 1), error });
      };
      if (values !== undefined) {
        this.#connection.execute(sql, [...values], (error, result) => {
          if (error) return fail(error);
          if (Array.isArray(result)) for (const row of result) see(row);
          resolve({ failed: null, error: null });
        });
        return;
      }
      // A connection that is lost tells its events, and not those of what it ran.
      this.#stream.once('close', () => fail({ fatal: true }));
      const command = this.#connection.query({ sql, infileStreamFactory: () => Readable.from(slowFile(file)) });
      command.on('fields', begin);
      command.on('result', see);
      command.on('error', fail);
      command.on('end', () => resolve({ failed: null, error: null }));
    });
  }

  /** The connection has been ended by another. */
  async #ended(): Promise<void> {
    if (!this.#stream.destroyed) this.#stream.destroy();
    this.life.gone = Math.min(this.life.gone, performance.now());
    this.life.transactions.push({ at: this.life.gone, is: null });
  }

  /** Sends the KILL of a session, or of what it runs, and notes that it was not the product's. */
  async end(id: string, kind: 'query' | 'connection'): Promise<void> {
    const kill = { by: this.life.client, id, kind, from: performance.now(), to: Number.POSITIVE_INFINITY };
    this.#notes.kills.push(kill);
    await this.send([{ sql: `KILL ${kind} ${id}` }]);
    kill.to = performance.now();
  }

  /** Notes a lock from now on, asked for at a time. */
  hold(lock: string, from: number): Hold {
    const hold: Hold = {
      lock,
      from,
      sure: performance.now(),
      until: Number.POSITIVE_INFINITY,
      to: Number.POSITIVE_INFINITY,
    };
    this.life.holds.push(hold);
    return hold;
  }

  /** Becomes another user in the same session, or the same with nothing left of before. */
  async change(login: Login | null): Promise<void> {
    if (this.isGone) return;
    const { users, transactions } = this.life;
    const at = performance.now();
    const before = users.at(-1)?.is ?? null;
    if (login !== null) users.push({ at, is: null });
    transactions.push({ at, is: null });
    for (const hold of this.life.holds) hold.until = Math.min(hold.until, at);
    const error = await new Promise<Failure | null>((resolve) => {
      if (login === null) this.#connection.reset((failure) => resolve(failure));
      else this.#connection.changeUser({ user: login.user, password: login.password }, (failure) => resolve(failure));
    });
    const now = performance.now();
    if (error !== null) return this.leave();
    users.push({ at: now, is: login === null ? before : login.user });
    transactions.push({ at: now, is: false });
    for (const hold of this.life.holds) hold.to = Math.min(hold.to, now);
    this.life.alive = now;
    await this.send([{ sql: "SET % SESSION sql_select_limit = 1000, SESSION autocommit = 1, SESSION sql_mode = ''" }]);
  }

  /** Says goodbye, or just goes. */
  async leave(isPolite = true): Promise<void> {
    if (this.isGone) return;
    const { life } = this;
    life.leaving = performance.now();
    life.transactions.push({ at: life.leaving, is: null });
    for (const hold of life.holds) hold.until = Math.min(hold.until, life.leaving);
    if (isPolite) this.#connection.end(() => {});
    else this.#connection.destroy();
    const stream = this.#stream;
    if (!stream.destroyed) await Promise.race([once(stream, 'close'), new Promise((done) => setTimeout(done, 1_000))]);
    life.gone = Math.min(life.gone, performance.now());
    for (const hold of life.holds) hold.to = Math.min(hold.to, life.gone);
  }

  /** Everything that this client knows of all. */
  get notes(): Notes {
    return this.#notes;
  }
}

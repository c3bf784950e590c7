import { createConnection as createPlain } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import type { EngineName as Engine } from '../engines/engine-status.ts';

/** What the clients themselves saw of their statements. */
export interface Tally {
  run: number;
  victimsCut: number;
  innocentsCut: number;
  otherErrors: number;
  /** The numbers of statements that were cut, by what their own clients were told. */
  readonly cut: number[];
  /** Those that ran to their end. */
  readonly whole: number[];
}

/** How a client works: as most do, or in ways in which servers keep their books otherwise. */
type Habit = 'autocommit' | 'begin' | 'autocommit off' | 'procedure' | 'packet';

/** `plain`: every client is in autocommit. `mixed`: half of them work in transactions, procedures and packets. */
export type Mode = 'plain' | 'mixed';

// Several rows, so that a SLEEP that is cut meets its check for a KILL at the next row: MySQL ends a cut SLEEP without an error.
const ROWS = '(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) r';
const CUT = [1317, 5065];
const LOST_MS = 10_000;

/** Milliseconds of a statement, between the two bounds. */
export interface Length {
  readonly from: number;
  readonly to: number;
}

interface Statement {
  readonly number: number;
  readonly isVictim: boolean;
  readonly sql: string;
}

let last = 0;

function aStatement(isVictim: boolean, { from, to }: Length, habit: Habit): Statement {
  last++;
  const seconds = ((from + Math.random() * (to - from)) / 4000).toFixed(4);
  const mark = `${isVictim ? 'victim' : 'innocent'}_${last}`;
  const sql =
    habit === 'procedure'
      ? `CALL race.wait(${seconds}) /* ${mark} */`
      : `SELECT SLEEP(${seconds}) AS ${mark} FROM ${ROWS}`;
  return { number: last, isVictim, sql };
}

/** What a packet came to: how many of its statements ended, whether a SLEEP in one answered that it was cut, and the error after them. */
interface Sent {
  readonly ended: number;
  readonly silentlyCut: ReadonlySet<number>;
  readonly errno: number | null;
}

type Client = ReturnType<typeof createPlain>;

/** What the driver counts, and does not tell: the results of a packet whose last packet has come. */
interface Counting {
  readonly _resultIndex: number;
}

const send = (client: Client, sql: string): Promise<Sent> =>
  new Promise((resolve) => {
    let opened = 0;
    let isClosed = false;
    const silentlyCut = new Set<number>();
    const close = (errno: number | null, ended: number) => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(lost);
      resolve({ ended, silentlyCut, errno });
    };
    // The driver may lose the end of an answer; a client without one counts as lost, and does not hold up the round.
    const lost = setTimeout(() => close(-1, 0), LOST_MS);
    const command = client.query(sql);
    command.on('fields', () => {
      opened++;
    });
    // A SLEEP that was cut in its last row answers 1 there.
    command.on('result', (row: object) => {
      if (Object.values(row).some((value) => String(value) === '1')) silentlyCut.add(opened - 1);
    });
    // A statement has ended once its last packet has come, and not with its last row: an error may come in its place.
    command.on('error', (error: { errno?: number }) =>
      close(error.errno ?? -1, (command as unknown as Counting)._resultIndex),
    );
    command.on('end', () => close(null, opened));
  });

function note(tally: Tally, { number, isVictim }: Statement, isCut: boolean): void {
  if (!isCut) {
    tally.run++;
    tally.whole.push(number);
    return;
  }
  tally.cut.push(number);
  if (isVictim) tally.victimsCut++;
  else tally.innocentsCut++;
}

/** Alternates victims and innocents. In a packet the victim stands between two innocents. */
async function work(client: Client, length: Length, habit: Habit, tally: Tally, isOver: () => boolean): Promise<void> {
  if (habit === 'autocommit off') await send(client, 'SET autocommit = 0');
  for (let turn = 0; !isOver(); turn++) {
    if (habit === 'begin' && turn % 5 === 0) await send(client, 'COMMIT; BEGIN');
    if (habit === 'autocommit off' && turn % 5 === 0) await send(client, 'COMMIT');
    const victims = habit === 'packet' ? [false, true, false] : [turn % 2 === 0];
    const statements = victims.map((isVictim) => aStatement(isVictim, length, habit));
    const { ended, silentlyCut, errno } = await send(client, statements.map(({ sql }) => sql).join('; '));
    if (errno !== null && !CUT.includes(errno)) {
      tally.otherErrors++;
      return;
    }
    // Of a call, the procedure's own end is a result of its own; it has one statement alone.
    const next =
      errno === null ? null : statements.length === 1 ? 0 : Math.min(Math.max(ended, 0), statements.length - 1);
    // MySQL runs no more of a packet once KILL has come (`!thd->killed` in dispatch_sql_command), so of a SLEEP that was cut in
    // its last row the packet's error is its own: what stands after it never began.
    const failed = next !== null && silentlyCut.has(next - 1) ? next - 1 : next;
    for (const [place, statement] of statements.entries()) {
      if (failed !== null && place > failed) break;
      const isSilent = habit === 'procedure' ? silentlyCut.size > 0 : silentlyCut.has(place);
      note(tally, statement, place === failed || isSilent);
    }
  }
}

/** What a run of clients is told. */
export interface Order {
  readonly url: string;
  readonly engine: Engine;
  readonly clients: number;
  readonly length: Length;
  readonly mode: Mode;
  /** When to stop, in milliseconds since 1970. */
  readonly end: number;
}

// The kernel's CALL plans its body anew each time, and the statement that is listed is the inner one.
const HABITS: Readonly<Record<Engine, readonly Habit[]>> = {
  mysql: ['begin', 'autocommit off', 'procedure', 'packet'],
  mariadb: ['begin', 'autocommit off', 'packet'],
  oceanbase: ['begin', 'autocommit off', 'packet'],
};

/** Runs clients until the end, and counts what was cut by what each was told. */
export async function runClients({ url, engine, clients, length, mode, end }: Order): Promise<Tally> {
  const tally: Tally = { run: 0, victimsCut: 0, innocentsCut: 0, otherErrors: 0, cut: [], whole: [] };
  last = Math.floor(Math.random() * 1e6) * 1e6;
  if (mode === 'mixed' && HABITS[engine].includes('procedure')) {
    const setUp = await createConnection({ uri: url, multipleStatements: true });
    await setUp.query('CREATE DATABASE IF NOT EXISTS race; DROP PROCEDURE IF EXISTS race.wait');
    await setUp.query(
      `CREATE PROCEDURE race.wait(IN seconds DOUBLE) BEGIN SELECT SLEEP(seconds) AS cut FROM ${ROWS}; END`,
    );
    await setUp.end();
  }
  const all: Client[] = [];
  for (let n = 0; n < clients; n++) {
    const client = createPlain({ uri: url, multipleStatements: true });
    client.on('error', () => {});
    await new Promise((resolve) => client.once('connect', resolve));
    all.push(client);
  }
  const habits = HABITS[engine];
  const habitOf = (place: number): Habit =>
    mode === 'plain' || place % 2 === 0
      ? 'autocommit'
      : (habits[Math.floor(place / 2) % habits.length] ?? 'autocommit');
  await Promise.all(all.map((client, place) => work(client, length, habitOf(place), tally, () => Date.now() >= end)));
  for (const client of all) client.destroy();
  return tally;
}

/**
 * How many clients, and how long their statements are, on every engine. More clients keep two cores busy by themselves: then
 * servers wait for their turn between compare and KILL. And KILL and SLEEP of MariaDB 10.11 wait for one another for seconds
 * where many do both at once (abort_current_cond_wait in sql_class.cc).
 */
export const LOAD: { readonly clients: number; readonly length: Length } = {
  clients: 10,
  length: { from: 20, to: 80 },
};

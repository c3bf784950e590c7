import { type Connection, createConnection } from 'mysql2/promise';
import type { Engine } from '../../lib/database/database.ts';

/** What the clients themselves saw of their statements. */
export interface Tally {
  run: number;
  victimsCut: number;
  innocentsCut: number;
  otherErrors: number;
}

// Several rows, so that a SLEEP that is cut meets its check for a KILL at the next row: MySQL ends a cut SLEEP without an error.
const ROWS = '(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) r';

const sleepFor = (mark: 'victim' | 'innocent', seconds: number): string =>
  `SELECT SLEEP(${(seconds / 4).toFixed(4)}) AS ${mark} FROM ${ROWS}`;

const CUT = [1317, 5065];

/** Milliseconds of a statement, between the two bounds. */
export interface Length {
  readonly from: number;
  readonly to: number;
}

async function alternate(connection: Connection, length: Length, tally: Tally, isOver: () => boolean): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    const mark = turn % 2 === 0 ? 'victim' : 'innocent';
    const ms = length.from + Math.random() * (length.to - length.from);
    try {
      const [rows] = await connection.query(sleepFor(mark, ms / 1000));
      tally.run++;
      // A SLEEP that was cut in its last row answers 1 there.
      if (Array.isArray(rows) && rows.some((row) => Object.values(row).some((value) => Number(value) === 1)))
        count(tally, mark);
    } catch (error) {
      const { errno } = error as { errno?: number };
      if (errno !== undefined && CUT.includes(errno)) count(tally, mark);
      else {
        tally.otherErrors++;
        return;
      }
    }
  }
}

function count(tally: Tally, mark: 'victim' | 'innocent'): void {
  if (mark === 'victim') tally.victimsCut++;
  else tally.innocentsCut++;
}

/** What a run of clients is told. */
export interface Order {
  readonly url: string;
  readonly clients: number;
  readonly length: Length;
  /** When to stop, in milliseconds since 1970. */
  readonly end: number;
}

/** Runs clients that alternate victims and innocents until the end, and counts what was cut by what each was told. */
export async function runClients({ url, clients, length, end }: Order): Promise<Tally> {
  const tally: Tally = { run: 0, victimsCut: 0, innocentsCut: 0, otherErrors: 0 };
  const connections: Connection[] = [];
  for (let n = 0; n < clients; n++) connections.push(await createConnection(url));
  await Promise.all(connections.map((connection) => alternate(connection, length, tally, () => Date.now() >= end)));
  for (const connection of connections) connection.destroy();
  return tally;
}

/** How many clients and how long statements, by engine: the kernel plans each statement anew and needs longer ones. */
export const LOADS: Readonly<Record<Engine, { clients: number; length: Length }>> = {
  mariadb: { clients: 100, length: { from: 5, to: 25 } },
  mysql: { clients: 100, length: { from: 5, to: 25 } },
  oceanbase: { clients: 10, length: { from: 20, to: 80 } },
};

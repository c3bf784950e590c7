import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Detail,
  ENGINE_COLUMNS,
  type EngineColumns,
  isAsleep,
  isSessionId,
  perEngineColumn,
  type Session,
  type SessionId,
  type Statement,
  type UnknownField,
} from '../sessions/session.ts';
import { COMMENT_BEGINS, PROGRAM_NAME } from './correlation.ts';
import type { Row } from './database.ts';
import { digestOf, type Source, type Unread } from './dialect.ts';

/** Characters of a statement that are read unless it is asked for whole: 150 sessions with 62 KB each made a list of 1.9 seconds and 351 MB. */
const BEGINNING = 4_096;

/** Past so many sessions MySQL 9.7 reads its tables at once sooner than it looks each up (10 against 17 ms for 500 of 2,000). */
const MANY = 150;

const DETAILS: readonly Detail[] = ['row', 'transactions', 'resources'];
const readsAt = (detail: Detail, from: Detail): boolean => DETAILS.indexOf(detail) >= DETAILS.indexOf(from);

/**
 * The SELECT that reads the process list from a source.
 *
 * @param detail - a look before or after a kill needs the row alone
 * @param isWhole - read statements whole; their digests are those of the whole text always
 */
export function selectSessions(
  source: Source,
  ids: readonly SessionId[] | undefined,
  detail: Detail,
  isWhole = false,
): string {
  const c = source.columns;
  const isMany = ids === undefined || ids.length > MANY;
  // Only the tables of `from` hold what a session uses of the server.
  const from = isMany && detail !== 'resources' ? (source.listFrom ?? source.from) : source.from;
  const ours = `${c.id} = CONNECTION_ID()`;
  const where =
    ids === undefined ? '' : ` WHERE ${c.id} IN (${ids.join(', ')})${source.isCluster ? ` OR ${ours}` : ''}`;
  const text = isWhole ? c.text : `LEFT(${c.text}, ${BEGINNING})`;
  const textIsCut = isWhole ? c.textIsCut : `(${c.textIsCut}) OR CHAR_LENGTH(${c.text}) > ${BEGINNING}`;
  // What is the same for all is told once, with our own row: MySQL takes a quarter of a list's time for it otherwise.
  const once = (expression: string): string => (source.isCluster ? expression : `IF(${ours}, ${expression}, NULL)`);
  const { server, id, user, host, db, command, time, state, statementId, program } = c;
  const columns = {
    ...{ server: once(server), id: `CAST(${id} AS CHAR)`, user, host, db, command, time, state, text, textIsCut },
    ...{ digest: digestOf(c.text), statementId: `CAST(${statementId} AS CHAR)`, program },
    ...(detail !== 'row' && {
      transactionId: c.transactionId,
      transactionState: c.transactionState,
      transactionTime: c.transactionTime,
    }),
    ...perEngineColumn((name) => (readsAt(detail, ENGINE_COLUMNS[name].from) ? c[name] : 'NULL')),
    asker: once('CAST(CONNECTION_ID() AS CHAR)'),
    now: once('UNIX_TIMESTAMP()'),
  };
  const list = Object.entries(columns).flatMap(([name, expression]) =>
    /^(?:CAST\()?NULL\b/.test(expression) ? [] : [`${expression} AS ${name}`],
  );
  return `SELECT ${list.join(', ')} FROM ${from} ${detail === 'row' ? '' : source.listJoins}${where}`;
}

const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
const nonEmpty = (value: unknown): string | null => text(value) || null;

/** A count of seconds or bytes: whole, and not below zero. */
function whole(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(number) && number >= 0 ? Math.floor(number) : null;
}

/** More seconds than any server has been up: a counter that ran over, or one that its session set. */
const IMPOSSIBLE_SECONDS = 1_000_000_000;

/** Seconds, where they may be true. */
function duration(value: unknown): number | null {
  const seconds = whole(value);
  return seconds !== null && seconds < IMPOSSIBLE_SECONDS ? seconds : null;
}

// A statement ID goes into SQL text, so nothing but what the engines make is let through.
const STATEMENT_ID = /^[\w-]{1,100}$/;

/** What a session runs. The command decides whether it runs something, never the text: a server may keep that to itself. */
function toStatement(row: Row, command: string, time: number | null, now: number): Statement | null {
  const sql = text(row['text']);
  if (isAsleep(command) || (sql === null && !runsUnseen(command))) return null;
  const id = nonEmpty(row['statementId']);
  return {
    text: sql,
    digest: sql === null ? null : nonEmpty(row['digest']),
    id: id !== null && STATEMENT_ID.test(id) ? id : null,
    startedAt: time === null || !Number.isFinite(now) ? null : Math.floor(now) - time,
    ...(Number(row['textIsCut'] ?? 0) === 1 && { textIsCut: true }),
  };
}

/** Commands in which a client's statement runs, in the words of every engine. Others are the server's own, or runs nothing. */
const runsUnseen = (command: string): boolean => /^(?:query|execute)$/i.test(command);

/** How a column of each type is read. */
const READ = { text: nonEmpty, texts: (value: unknown) => nonEmpty(value)?.split(' ') ?? null, whole } as const;

const NONE = perEngineColumn(() => null);
const COLUMNS = Object.entries(perEngineColumn((name) => READ[ENGINE_COLUMNS[name].type]));

function toEngineColumns(row: Row): EngineColumns {
  const columns: Record<string, unknown> = { ...NONE };
  for (const [name, read] of COLUMNS) {
    const value = row[name];
    if (value !== undefined && value !== null) columns[name] = read(value);
  }
  return columns as EngineColumns;
}

const TIME_UNKNOWN = 'The server shows no age that could be true.';
const TEXT_UNKNOWN = 'The server shows no text of what runs.';

/**
 * One row of {@link selectSessions} as a session, or `undefined` for a row whose ID is none (fail closed: never listed,
 * never a victim).
 *
 * @param never - what the source never shows, see {@link Source.unknown}
 * @param own - our own row, which tells what is the same for all
 */
export function toSession(row: Row, never: Source['unknown'] = [], own: Row = row): Session | undefined {
  const id = String(row['id']);
  if (!isSessionId(id)) return undefined;
  const command = text(row['command']) ?? '';
  const time = duration(row['time']);
  const state = nonEmpty(row['transactionState']);
  const now = Number(row['now'] ?? own['now'] ?? Number.NaN);
  const statement = toStatement(row, command, time, now);
  const beganAt = time === null ? Number.NaN : Math.floor(now) - time;
  const unknown: UnknownField[] = [...never];
  if (time === null) unknown.push({ field: 'time', why: TIME_UNKNOWN });
  if (statement?.text === null) unknown.push({ field: 'text', why: TEXT_UNKNOWN });
  return {
    id,
    server: text(row['server'] ?? own['server']) ?? '',
    // Empty and NULL are two things: MySQL's anonymous user is empty, and sleepers have an empty state.
    user: text(row['user']),
    host: text(row['host']),
    db: text(row['db']),
    command,
    time,
    state: text(row['state']),
    statement,
    transaction:
      state === null ? null : { id: nonEmpty(row['transactionId']), state, time: duration(row['transactionTime']) },
    ...toEngineColumns(row),
    unknown,
    ...(Number.isFinite(beganAt) && { beganAt }),
  };
}

/**
 * Rows of {@link selectSessions} as sessions, see {@link toSession}, with what only our own row among them tells: which are
 * connections of our other calls, and which belong to another tenant. Only sessions of our own account can be ours: anybody
 * else may write what we write.
 */
export function toSessions(rows: readonly Row[], ownId: SessionId, never?: Source['unknown']): readonly Session[] {
  const own = rows.find((row) => String(row['id']) === ownId);
  return rows.flatMap((row) => {
    const session = toSession(row, never, own);
    if (session === undefined) return [];
    const { user, statement, proxySessionId } = session;
    const tenant = text(row['tenant']);
    const isOurs =
      user !== null &&
      user === own?.['user'] &&
      (row['program'] === PROGRAM_NAME ||
        statement?.text?.startsWith(COMMENT_BEGINS) ||
        // What our own connection has on other observers.
        (proxySessionId !== null && proxySessionId === text(own['proxySessionId'])));
    const isForeign = tenant !== null && tenant !== text(own?.['tenant']);
    return [{ ...session, ...(isOurs && { isWarden: true as const }), ...(isForeign && { foreignTenant: tenant }) }];
  });
}

/** Others read a row for less than a millisecond; a KILL of MariaDB may hold it for longer. */
const DELAYS_MS = [0, 0, 1, 2, 5, 10, 20, 50, 100, 200];

/** Reads these sessions, or all. */
type Read = (ids: readonly SessionId[] | undefined) => Promise<readonly Session[]>;

/**
 * Reads sessions, and those again that the server did not show in full, for at most 0.4 seconds.
 *
 * @param unread - see {@link Dialect.unread}
 * @returns what is still not shown in full then is marked `readInPart`, or shown without a statement's identity
 */
export async function readInFull(
  read: Read,
  ids: readonly SessionId[] | undefined,
  unread: Unread | null,
): Promise<readonly Session[]> {
  let sessions = await read(ids);
  if (unread === null) return sessions;
  const isUnread = ({ command }: Session): boolean => command === unread.command;
  for (const delay of DELAYS_MS.slice(0, unread.tries)) {
    const missing = sessions.filter(isUnread).map(({ id }) => id);
    if (missing.length === 0) return sessions;
    await sleep(delay);
    const again = new Map((await read(missing)).map((session) => [session.id, session]));
    sessions = sessions.flatMap((session) => (isUnread(session) ? (again.get(session.id) ?? []) : session));
  }
  const { lasting } = unread;
  const asItIs = (session: Session): Session =>
    lasting === null ? { ...session, readInPart: true } : { ...session, command: lasting };
  return sessions.map((session) => (isUnread(session) ? asItIs(session) : session));
}

import { isAsleep, isSessionId, type Session, type SessionId } from '../sessions/session.ts';
import type { Row } from './connection.ts';
import type { Source } from './dialect.ts';
import { digestOf } from './sql.ts';

/** How much to read of each session: its row alone, its transaction too, or what it uses of the server as well. */
export type Detail = 'row' | 'transactions' | 'resources';

/**
 * The SELECT that reads the process list from a source.
 *
 * @param detail - a look before or after a kill needs the row alone
 */
export function selectSessions(source: Source, ids: readonly SessionId[] | undefined, detail: Detail): string {
  const c = source.columns;
  const isListing = detail !== 'row';
  const transaction = isListing
    ? `${c.transactionId} AS transactionId, ${c.transactionState} AS transactionState, ${c.transactionTime} AS transactionTime`
    : 'NULL AS transactionId, NULL AS transactionState, NULL AS transactionTime';
  // Only the tables of `from` hold what a session uses of the server.
  const from = ids === undefined && detail !== 'resources' ? (source.listFrom ?? source.from) : source.from;
  const resources = detail === 'resources' ? `${c.memory} AS memory, ${c.cpu} AS cpu` : 'NULL AS memory, NULL AS cpu';
  const where = ids === undefined ? '' : ` WHERE ${c.id} IN (${ids.join(', ')})`;
  return `SELECT ${c.server} AS server, CAST(${c.id} AS CHAR) AS id, ${c.user} AS user, ${c.host} AS host, ${c.db} AS db,
    ${c.command} AS command, ${c.time} AS time, ${c.state} AS state, ${c.text} AS text, ${digestOf(c.text)} AS digest,
    CAST(${c.statementId} AS CHAR) AS statementId, ${transaction}, ${resources}, ${c.tenant} AS tenant,
    ${c.proxySessionId} AS proxySessionId, UNIX_TIMESTAMP() AS now
    FROM ${from} ${isListing ? source.listJoins : ''}${where}`;
}

const text = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
const nonEmpty = (value: unknown): string | null => text(value) || null;

/** A count of seconds or bytes: whole, and not below zero. */
function whole(value: unknown): number | null {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  return Number.isFinite(number) && number >= 0 ? Math.floor(number) : null;
}

// A statement ID goes into SQL text, so nothing but what the engines make is let through.
const STATEMENT_ID = /^[\w-]{1,100}$/;

function toStatement(row: Row, command: string, time: number | null): Session['statement'] {
  const sql = nonEmpty(row['text']);
  const digest = nonEmpty(row['digest']);
  if (sql === null || digest === null || isAsleep(command)) return null;
  const id = nonEmpty(row['statementId']);
  const now = Number(row['now']);
  return {
    text: sql,
    digest,
    id: id !== null && STATEMENT_ID.test(id) ? id : null,
    startedAt: time === null || !Number.isFinite(now) ? null : Math.floor(now) - time,
  };
}

/** One row of {@link selectSessions} as a session, or `undefined` for a row whose ID is none (fail closed: never listed, never a victim). */
export function toSession(row: Row): Session | undefined {
  const id = String(row['id']);
  if (!isSessionId(id)) return undefined;
  const command = text(row['command']) ?? '';
  const time = whole(row['time']);
  const state = nonEmpty(row['transactionState']);
  return {
    id,
    server: text(row['server']) ?? '',
    user: nonEmpty(row['user']),
    host: nonEmpty(row['host']),
    db: nonEmpty(row['db']),
    command,
    time,
    // Empty and NULL are two things to a rule: sleepers of MySQL have an empty state, which a pattern may match.
    state: text(row['state']),
    statement: toStatement(row, command, time),
    transaction:
      state === null ? null : { id: nonEmpty(row['transactionId']), state, time: whole(row['transactionTime']) },
    tenant: nonEmpty(row['tenant']),
    proxySessionId: nonEmpty(row['proxySessionId']),
    memory: whole(row['memory']),
    cpu: whole(row['cpu']),
  };
}

/** Rows of {@link selectSessions} as sessions; see {@link toSession}. */
export const toSessions = (rows: readonly Row[]): readonly Session[] =>
  rows.map(toSession).filter((session) => session !== undefined);

import { createHash } from 'node:crypto';
import { toSession } from '../../lib/database/read-sessions.ts';
import { isSessionId, type Session, type UnknownField, type UnknownName } from '../../lib/sessions/session.ts';
import { UsageError } from './help.ts';
import { type RecordedRow, readResult } from './result-table.ts';

const SECONDS = /^-?\d+(?:\.\d+)?$/;

/** The columns that show a field that not every list has, in the words of every engine. */
const SHOWN_BY: Readonly<Partial<Record<UnknownName, readonly string[]>>> = {
  host: ['host'],
  db: ['db'],
  transaction: ['trans_state', 'trx_state'],
  transactionTime: ['trx_time'],
  tenant: ['tenant'],
  proxySessionId: ['proxy_sessid'],
  memory: ['total_memory', 'memory_used'],
  cpu: ['total_cpu_time'],
};

/** What the columns of a list leave out. */
const unknownOf = (columns: ReadonlySet<string>): readonly UnknownField[] =>
  (Object.keys(SHOWN_BY) as UnknownName[])
    .filter((field) => SHOWN_BY[field]?.every((column) => !columns.has(column)))
    .map((field) => ({ field, why: `The recorded list has no column ${SHOWN_BY[field]?.join(' or ')}.` }));

/** Without FULL a server ends a statement at 100 bytes, or before a character that would pass them. */
const SHORT = 100;
const infoBytes = ({ columns }: RecordedRow): number => Buffer.byteLength(columns.get('info') ?? '');

/** A row as a server would have given it. @param isShort - no statement of the list is longer than without FULL */
function toRecorded(row: RecordedRow, unknown: readonly UnknownField[], isShort: boolean): Session {
  const { line, columns } = row;
  const text = (name: string): string | null => {
    const value = columns.get(name);
    return value === undefined || value === 'NULL' ? null : value;
  };
  const shown = (field: UnknownName): string | null =>
    SHOWN_BY[field]?.map(text).find((value) => value !== null) ?? null;
  const seconds = text('time') || null;
  if (seconds !== null && !SECONDS.test(seconds)) throw new UsageError(`line ${line}: the Time is no number`);
  const info = text('info');
  const transaction = shown('transaction');
  const id = text('id') ?? '';
  const session = isSessionId(id)
    ? toSession(
        {
          id,
          user: text('user'),
          host: text('host'),
          db: text('db'),
          command: text('command'),
          time: seconds,
          state: text('state'),
          text: info,
          textIsCut: isShort && infoBytes(row) > SHORT - 4 ? 1 : 0,
          digest: info === null ? null : createHash('sha256').update(info).digest('hex'),
          transactionState: transaction === 'IDLE' ? null : transaction,
          transactionTime: shown('transactionTime') || null,
          tenant: shown('tenant'),
          proxySessionId: shown('proxySessionId'),
          memory: shown('memory') || null,
          cpu: shown('cpu') || null,
        },
        unknown,
      )
    : undefined;
  if (session === undefined) throw new UsageError(`line ${line}: the Id is not 1 to 20 digits`);
  return session;
}

/**
 * Reads a recorded process list: what `SHOW FULL PROCESSLIST` printed in any of the mysql client's forms. The text `NULL`
 * is an absent value, as the client prints it. What the list has no column for is not known of any session.
 *
 * @throws UsageError for a file of another form, and for a row that cannot be read: it names the line
 */
export function readProcesslist(text: string): readonly Session[] {
  const rows = readResult(text);
  const [first] = rows;
  // Every server prints these; a single row in the \\G form that lacks the last ones was cut off.
  for (const column of ['id', 'user', 'command', 'time', 'state', 'info'])
    if (first !== undefined && !first.columns.has(column))
      throw new UsageError(`line ${first.line}: there is no column ${column}`);
  const unknown = unknownOf(new Set(first?.columns.keys()));
  const isShort = rows.every((row) => infoBytes(row) <= SHORT);
  return rows.map((row) => toRecorded(row, unknown, isShort));
}

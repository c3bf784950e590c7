import { createHash } from 'node:crypto';
import { isAsleep, isSessionId, type Session } from '../../lib/sessions/session.ts';
import { type RecordedRow, readResult } from './result-table.ts';
import { UsageError } from './usage-error.ts';

const SECONDS = /^-?\d+(?:\.\d+)?$/;

function toSession({ line, columns }: RecordedRow): Session {
  const text = (name: string): string | null => {
    const value = columns.get(name);
    return value === undefined || value === 'NULL' ? null : value;
  };
  const id = text('id') ?? '';
  if (!isSessionId(id)) throw new UsageError(`line ${line}: the Id is not 1 to 20 digits`);
  const seconds = text('time');
  if (seconds !== null && seconds !== '' && !SECONDS.test(seconds))
    throw new UsageError(`line ${line}: the Time is no number`);
  const time = seconds === null || seconds === '' || Number(seconds) < 0 ? null : Number(seconds);
  const info = text('info');
  const command = text('command') ?? '';
  const transaction = text('trans_state') ?? text('trx_state');
  return {
    id,
    server: '',
    user: text('user'),
    host: text('host'),
    db: text('db'),
    command,
    time,
    state: text('state'),
    statement:
      info === null || info === '' || isAsleep(command)
        ? null
        : { text: info, digest: createHash('sha256').update(info).digest('hex'), id: null, startedAt: null },
    transaction:
      transaction === null || transaction === '' || transaction === 'IDLE'
        ? null
        : { id: null, state: transaction, time: null },
    tenant: text('tenant'),
    proxySessionId: text('proxy_sessid'),
    memory: null,
    cpu: null,
    unknown: [],
  };
}

/**
 * Reads a recorded process list: what `SHOW FULL PROCESSLIST` printed in any of the mysql client's forms. The text `NULL`
 * is an absent value, as the client prints it.
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
  return rows.map(toSession);
}

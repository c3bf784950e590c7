import type { AuditOutcome } from '../../audit/audit.ts';
import { inWords } from '../../reaper/units.ts';
import { isUnknown, type UnknownName } from '../../sessions/session.ts';
import type { SessionView } from '../../sessions/session-view.ts';

/** Said of whatever the server does not show. */
export const NOT_KNOWN = 'not known';

/** A number of seconds as a rule writes it: `42s`, `3m 20s`, `2h 5m`, `4d`. */
export const timeInWords = (seconds: number | null): string =>
  seconds === null ? NOT_KNOWN : inWords(Math.max(0, seconds));

/** A session in one line: who, from where, what it does, for how long. */
export function sessionInWords({
  id,
  user,
  host,
  db,
  command,
  time,
  transaction = null,
  unknown = [],
}: Pick<SessionView, 'id' | 'user' | 'host' | 'db' | 'command' | 'time'> &
  Partial<Pick<SessionView, 'transaction' | 'unknown'>>): string {
  const hides = (field: UnknownName) => isUnknown({ unknown }, field);
  const who = user ?? (hides('user') ? 'of a user that is not known' : '–');
  const where = [who, host === null ? '' : `from ${host}`, db === null ? '' : `in ${db}`].filter(Boolean);
  const since = time === null ? `, for how long is ${NOT_KNOWN}` : ` for ${timeInWords(time)}`;
  return `${id} · ${where.join(' ')} · ${command}${since}${transactionInWords(transaction, hides('transaction'))}`;
}

function transactionInWords(transaction: SessionView['transaction'], isHidden: boolean): string {
  if (isHidden) return `, transaction ${NOT_KNOWN}`;
  if (transaction === null) return '';
  const { time } = transaction;
  return `, in a transaction${time === null ? ` whose age is ${NOT_KNOWN}` : ` for ${timeInWords(time)}`}`;
}

/** What became of a kill, in a sentence. */
export const OUTCOME_WORDS: Readonly<Record<AuditOutcome['outcome'], string>> = {
  terminated: 'The session is ended.',
  'query-cancelled': 'The statement is cancelled; its session lives.',
  'already-gone': 'It had ended by itself. Nothing was ended.',
  changed: 'It is another one now. Nothing was ended.',
  pending: 'The server took the kill and still rolls back.',
  refused: 'It was refused.',
  'nothing-running': 'The session runs nothing now. Nothing was ended.',
  'cut-another': 'It had ended, and the next statement of the same session was cut instead. Tell its owner.',
  failed: 'It failed.',
  unknown: 'Nobody knows what became of it.',
  kept: 'It was kept from its reaper for a while.',
  approved: 'It was approved.',
  shown: 'It was shown.',
  done: 'It was done.',
};

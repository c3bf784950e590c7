import type { AuditOutcome } from '../../audit/audit.ts';
import { NOT_KNOWN } from '../../pictures/lines.ts';
import { inWords } from '../../reaper/units.ts';
import { isAsleep, isUnknown, type UnknownName } from '../../sessions/session.ts';
import type { SessionView } from '../../sessions/session-view.ts';

/** A number of seconds as a rule writes it: `42s`, `3m 20s`, `2h 5m`, `4d`. */
export const timeInWords = (seconds: number | null): string =>
  seconds === null ? NOT_KNOWN : inWords(Math.max(0, seconds));

/** A number of things: `1 session`, `12 sessions`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** A session in one line: who, from where, what it does, for how long. */
export function sessionInWords({
  id,
  user,
  host,
  db,
  command,
  time,
  state = null,
  transaction = null,
  unknown = [],
}: Pick<SessionView, 'id' | 'user' | 'host' | 'db' | 'command' | 'time'> &
  Partial<Pick<SessionView, 'state' | 'transaction' | 'unknown'>>): string {
  const hides = (field: UnknownName) => isUnknown({ unknown }, field);
  const who = user ?? (hides('user') ? 'user not known' : '–');
  const where = [who, host === null ? '' : `from ${host}`, db === null ? '' : `in ${db}`].filter(Boolean);
  const since = time === null ? `, duration ${NOT_KNOWN}` : ` for ${timeInWords(time)}`;
  const doing = state === null || state === '' || state === command || isAsleep(command) ? '' : ` (${state})`;
  return `${id} · ${where.join(' ')} · ${command}${since}${doing}${transactionInWords(transaction, hides('transaction'))}`;
}

function transactionInWords(transaction: SessionView['transaction'], isHidden: boolean): string {
  if (isHidden) return `, transaction ${NOT_KNOWN}`;
  if (transaction === null) return '';
  const { time } = transaction;
  return `, in a transaction${time === null ? `, age ${NOT_KNOWN}` : ` for ${timeInWords(time)}`}`;
}

/** What became of one of many: its outcome in a sentence, or the code of what kept it from one. */
export const becameInWords = ({
  outcome,
  code,
}: {
  readonly outcome: AuditOutcome['outcome'] | null;
  readonly code: string | null;
}): string => (outcome === null ? (code ?? NOT_KNOWN) : OUTCOME_WORDS[outcome]);

/** The outcome of a kill, in a sentence. */
export const OUTCOME_WORDS: Readonly<Record<AuditOutcome['outcome'], string>> = {
  terminated: 'The session was ended.',
  'query-cancelled': 'The statement was canceled. Its session is still open.',
  'already-gone': 'It had already ended by itself. Nothing was ended.',
  changed: 'It is a different session or statement now. Nothing was ended.',
  pending: 'The server accepted the kill and is still rolling back.',
  refused: 'The request was refused.',
  'nothing-running': 'The session runs no statement now. Nothing was ended.',
  'cut-another':
    'The statement had already ended. The next statement of the same session was cut instead. Tell its owner.',
  failed: 'The request failed.',
  unknown: 'The result is not known.',
  kept: 'The session was kept for a while. Its reaper did not end it.',
  approved: 'The request was approved.',
  shown: 'It was shown.',
  done: 'It was done.',
};

import { isUnknown, type Session } from '../sessions/session.ts';
import { sessionTag, statementTag } from '../sessions/tags.ts';
import { asks } from './asked.ts';
import type { Reaper } from './policy-schema.ts';

const COMMAND = ['command', 'state', 'idle', 'busy', 'time', 'blockedFor'] as const;
const TRANSACTION = ['inTransaction', 'transactionFor', 'blocking'] as const;
const STATEMENT = ['busy', 'info'] as const;
const TIME = ['idle', 'busy', 'time'] as const;

type Asks = Pick<Reaper, 'match' | 'kill'>;

/**
 * True where a rule is about what a session does: that must still hold when it is ended. A condition on who it is cannot
 * change.
 */
export const comparesActivity = ({ match }: Pick<Reaper, 'match'>): boolean =>
  asks(match, [...COMMAND, ...TRANSACTION]);

/** True where a rule is about a statement: the session in another one is another victim. */
export const comparesStatement = ({ match, kill }: Asks): boolean => kill === 'query' || asks(match, STATEMENT);

/** True where a rule asks how long a session has been in its command. */
export const comparesTime = ({ match }: Pick<Reaper, 'match'>): boolean => asks(match, TIME);

/**
 * What a victim of a rule is called over several runs: the session, or its statement where the rule is about that. Without
 * the second when it began, which servers round as they like: see {@link wokeUpSince}.
 */
export const victimTag = (session: Session, reaper: Asks): string =>
  session.statement !== null && comparesStatement(reaper)
    ? statementTag(session, session.statement).split('.').slice(0, 2).join('.')
    : sessionTag(session);

// A server counts whole seconds, and may show one more than have passed: in doubt it has begun again.
const beganAfter = (seconds: number | null, at: number, now: number): boolean | undefined =>
  seconds === null ? undefined : now - (seconds - 1) * 1000 > at;

/**
 * True where a session has begun again, since a moment, what the rule is about: its command, or its transaction; `undefined`
 * where that is not known. A rule on who it is does not mind what it does.
 *
 * @param at - the moment, and `now`: milliseconds since the epoch
 */
export function wokeUpSince(session: Session, reaper: Asks, at: number, now: number): boolean | undefined {
  const began: (boolean | undefined)[] = [];
  if (asks(reaper.match, COMMAND) || comparesStatement(reaper)) began.push(beganAfter(session.time, at, now));
  if (asks(reaper.match, TRANSACTION)) {
    if (isUnknown(session, 'transaction')) began.push(undefined);
    else if (session.transaction !== null) began.push(beganAfter(session.transaction.time, at, now));
  }
  if (began.includes(true)) return true;
  return began.includes(undefined) ? undefined : false;
}

import { isUnknown, type Session, type UnknownName } from '../sessions/session.ts';
import { sessionTag, statementTag } from '../sessions/tags.ts';
import type { Condition } from './condition-schema.ts';
import type { Reaper } from './policy-schema.ts';

/** The fields of a session that each part of a condition asks for, of those that a server may keep to itself. */
export const ASKED = {
  command: [],
  user: ['user'],
  host: ['host'],
  db: ['db'],
  state: ['state'],
  info: ['statement', 'text'],
  tenant: ['tenant'],
  idle: ['time'],
  busy: ['time'],
  time: ['time'],
  inTransaction: ['transaction'],
  transactionFor: ['transaction', 'transactionTime'],
  blocking: [],
  blockedFor: [],
  memory: ['memory'],
  cpu: ['cpu'],
} as const satisfies Readonly<Record<Exclude<keyof Condition, 'any' | 'not'>, readonly UnknownName[]>>;

/** True where a condition, or a part of it, asks for one of the fields. */
export const asks = (condition: Condition, fields: readonly (keyof Condition)[]): boolean =>
  fields.some((field) => condition[field] !== undefined) ||
  (condition.any ?? []).some((one) => asks(one, fields)) ||
  (condition.not !== undefined && asks(condition.not, fields));

/** True where a rule needs to know who waits for whose lock, which costs the server a query. */
export const needsLocks = ({ match, ignore, when }: Reaper): boolean =>
  when.blocking !== undefined ||
  when.blockedFor !== undefined ||
  [match, ...ignore].some((condition) => asks(condition, ['blocking', 'blockedFor']));

/** True where a rule needs to know what sessions use of the server. */
export const needsResources = ({ match, ignore }: Reaper): boolean =>
  [match, ...ignore].some((condition) => asks(condition, ['memory', 'cpu']));

/** True where a rule looks at what statements say, to their end. */
export const needsText = ({ match, ignore, groupBy }: Reaper): boolean =>
  groupBy === 'fingerprint' || [match, ...ignore].some((condition) => asks(condition, ['info']));

/** True where a rule needs to know how many connections the server allows. */
export const needsMaxConnections = ({ when }: Reaper): boolean => when.connectionsUsed !== undefined;

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

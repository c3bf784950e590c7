import { GROUPED } from '../sessions/group-key.ts';
import { ENGINE_COLUMNS, isUnknown, perEngineColumn, type Session, type UnknownName } from '../sessions/session.ts';
import { sessionTag, statementTag } from '../sessions/tags.ts';
import type { Condition } from './condition-schema.ts';
import type { Snapshot } from './facts.ts';
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

/** What a rule asks for and a target never shows: no session that depends on it is ended there. */
export interface Undecidable {
  readonly field: UnknownName | 'locks' | 'connections';
  /** One public sentence. */
  readonly why: string;
}

const CONNECTIONS_UNKNOWN = 'The server does not tell how many connections it allows.';
const LOCKS_UNKNOWN = 'The server does not tell who waits for whom.';

function fieldsOf({ match, ignore, groupBy, victims }: Reaper): ReadonlySet<UnknownName> {
  const fields = new Set<UnknownName>(groupBy === undefined ? [] : GROUPED[groupBy]);
  for (const condition of [match, ...ignore])
    for (const [name, asked] of Object.entries(ASKED))
      if (asks(condition, [name as keyof typeof ASKED])) for (const field of asked) fields.add(field);
  if (victims !== 'all') fields.add('time');
  return fields;
}

/** A rule that asks for what a target never shows, and what a DBA runs so that it does; nothing where no grant helps. */
export interface UndecidableRule extends Undecidable {
  readonly reaper: string;
  readonly grants: readonly string[];
}

/** What a rule asks for that no session of this look shows, each with the reason. */
export function undecidableOf(
  reaper: Reaper,
  { sessions, waits, maxConnections }: Pick<Snapshot, 'sessions' | 'waits' | 'maxConnections'>,
): readonly Undecidable[] {
  const [first] = sessions;
  const fields = fieldsOf(reaper);
  const hidden: Undecidable[] = (first?.unknown ?? []).filter(
    ({ field }) => fields.has(field) && sessions.every((session) => isUnknown(session, field)),
  );
  if (waits === null && needsLocks(reaper)) hidden.push({ field: 'locks', why: LOCKS_UNKNOWN });
  if (maxConnections === null && needsMaxConnections(reaper))
    hidden.push({ field: 'connections', why: CONNECTIONS_UNKNOWN });
  return hidden;
}

/** It in a sentence or two. */
export const undecidableInWords = ({ field, why }: Undecidable): string =>
  `It asks for ${WORDS[field]}, which is not known here. No session that depends on it is ended. ${why}`;

const WORDS: Readonly<Record<Undecidable['field'], string>> = {
  user: 'the user',
  host: 'the host',
  db: 'the database',
  state: 'the state',
  time: 'the time',
  statement: 'the statement',
  text: 'the text of the statement',
  transaction: 'the transaction',
  transactionTime: 'the age of the transaction',
  ...perEngineColumn((name) => ENGINE_COLUMNS[name].words),
  locks: 'locks',
  connections: 'the limit of connections',
};

import { GROUPED } from '../sessions/group-key.ts';
import { ENGINE_COLUMNS, isUnknown, perEngineColumn, type UnknownName } from '../sessions/session.ts';
import { ASKED, asks, needsLocks, needsMaxConnections } from './asked.ts';
import type { Snapshot } from './facts.ts';
import type { Reaper } from './policy-schema.ts';

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

import { isUnknown, type Session, type UnknownName } from '../sessions/session.ts';
import { ASKED, asks, GROUPED } from './asked.ts';
import type { Snapshot } from './facts.ts';
import type { Reaper } from './policy-schema.ts';
import { needsLocks } from './rule.ts';

/** What a rule asks for and a target never shows: whatever hangs on it is decided for nobody there. */
export interface Undecidable {
  readonly field: UnknownName | 'locks';
  /** One public sentence. */
  readonly why: string;
}

const LOCKS_UNKNOWN = 'This version of the server does not tell who waits for whom.';

function fieldsOf({ match, ignore, groupBy, victims }: Reaper): ReadonlySet<UnknownName> {
  const fields = new Set<UnknownName>(groupBy === undefined ? [] : GROUPED[groupBy]);
  for (const condition of [match, ...ignore])
    for (const [name, asked] of Object.entries(ASKED))
      if (asks(condition, [name as keyof typeof ASKED])) for (const field of asked) fields.add(field);
  if (victims !== 'all') fields.add('time');
  return fields;
}

/** What a rule asks for that no session of this look shows, each with the reason. */
export function undecidableOf(
  reaper: Reaper,
  { sessions, waits }: Pick<Snapshot, 'sessions' | 'waits'>,
): readonly Undecidable[] {
  const [first] = sessions;
  const never = (first?.unknown ?? []).filter(({ field }) =>
    sessions.every((session: Session) => isUnknown(session, field)),
  );
  const fields = fieldsOf(reaper);
  const asked: Undecidable[] = never.filter(({ field }) => fields.has(field));
  return waits === null && needsLocks(reaper) ? [...asked, { field: 'locks', why: LOCKS_UNKNOWN }] : asked;
}

import { fingerprintOf } from '../sessions/fingerprint.ts';
import type { Session } from '../sessions/session.ts';
import type { Facts } from './facts.ts';
import { addressOf } from './pattern.ts';
import type { Reaper } from './policy-schema.ts';

/** Each column by which sessions are put in classes. Some servers give an empty text where others give NULL. */
const KEYS: Readonly<Record<NonNullable<Reaper['groupBy']>, (session: Session) => string | null>> = {
  user: ({ user }) => user || null,
  host: ({ host }) => (host === null ? null : addressOf(host)),
  db: ({ db }) => db || null,
  command: ({ command }) => command,
  state: ({ state }) => state || null,
  tenant: ({ tenant }) => tenant || null,
  fingerprint: ({ statement }) => (!statement?.text ? null : fingerprintOf(statement.text)),
};

/** Longest in its command first; on a tie the one listed last. One whose time is unknown comes last. */
function byAge(members: readonly Facts[]): readonly Facts[] {
  const age = ({ session }: Facts): number => session.time ?? -1;
  return members.toReversed().toSorted((a, b) => age(b) - age(a));
}

/** The sessions in classes, each oldest first, the classes in the order of the list. Without a column it is one class. */
export function classesOf(matching: readonly Facts[], groupBy: Reaper['groupBy']): readonly (readonly Facts[])[] {
  if (groupBy === undefined) return [byAge(matching)];
  const classes = Map.groupBy(matching, ({ session }) => KEYS[groupBy](session));
  return [...classes.values()].map(byAge);
}

import { fingerprintOf } from '../sessions/fingerprint.ts';
import type { Facts } from './facts.ts';
import { addressOf } from './pattern.ts';
import type { Reaper } from './policy-schema.ts';

function keyOf({ session }: Facts, groupBy: NonNullable<Reaper['groupBy']>): string | null {
  if (groupBy === 'fingerprint') return session.statement === null ? null : fingerprintOf(session.statement.text);
  if (groupBy === 'host') return session.host === null ? null : addressOf(session.host);
  // Some servers give an empty text where others give NULL.
  return session[groupBy] || null;
}

/** Longest in its command first; on a tie the one listed last. One whose time is unknown comes last. */
function byAge(members: readonly Facts[]): readonly Facts[] {
  const age = ({ session }: Facts): number => session.time ?? -1;
  return members.toReversed().toSorted((a, b) => age(b) - age(a));
}

/** The sessions in classes, each oldest first, the classes in the order of the list. Without a column it is one class. */
export function classesOf(matching: readonly Facts[], groupBy: Reaper['groupBy']): readonly (readonly Facts[])[] {
  if (groupBy === undefined) return matching.length === 0 ? [] : [byAge(matching)];
  const classes = Map.groupBy(matching, (facts) => keyOf(facts, groupBy));
  return [...classes.values()].map(byAge);
}

import { groupKeyOf } from '../sessions/group-key.ts';
import type { Facts } from './facts.ts';
import type { Reaper } from './policy-schema.ts';

/** Longest in its command first; on a tie the one listed last. One whose time is unknown comes last. */
function byAge(members: readonly Facts[]): readonly Facts[] {
  const age = ({ session }: Facts): number => session.time ?? -1;
  return members.toReversed().toSorted((a, b) => age(b) - age(a));
}

/** Sessions that a rule takes as one. */
export interface Class {
  /** Those that certainly belong to it, oldest first. */
  readonly members: readonly Facts[];
  /** Those that may or may not belong to it. */
  readonly maybe: readonly Facts[];
}

/**
 * The sessions in classes, in the order of the list, and those that match and whose class is not known. Without a column it is
 * one class.
 *
 * @param maybe - those that may or may not match
 */
export function classesOf(
  matching: readonly Facts[],
  maybe: readonly Facts[],
  groupBy: Reaper['groupBy'],
): { readonly classes: readonly Class[]; readonly unclassed: readonly Facts[] } {
  if (groupBy === undefined) return { classes: [{ members: byAge(matching), maybe }], unclassed: [] };
  const inClasses = (all: readonly Facts[]) => {
    const { known = [], unknown = [] } = Object.groupBy(all, ({ session }) =>
      groupKeyOf(session, groupBy) === undefined ? 'unknown' : 'known',
    );
    return { unknown, classes: Map.groupBy(known, ({ session }) => groupKeyOf(session, groupBy)) };
  };
  const sure = inClasses(matching);
  const unsure = inClasses(maybe);
  // Each of these may belong to any class.
  const anywhere = [...unsure.unknown, ...sure.unknown];
  const classes = [...sure.classes].map(([key, members]): Class => {
    const near = unsure.classes.get(key) ?? [];
    return { members: byAge(members), maybe: near.length === 0 ? anywhere : [...near, ...anywhere] };
  });
  return { classes, unclassed: sure.unknown };
}

import type { Facts, Snapshot } from './facts.ts';
import type { Reaper } from './policy-schema.ts';
import { inPercent, inWords } from './units.ts';

const longerThan = ({ session }: Facts, seconds: number): boolean => (session.time ?? -1) > seconds;

/**
 * What keeps a rule from acting on a class of sessions, for a person; `null` where all that it waits for is true. An unknown
 * value is not true.
 *
 * @param maybe - sessions that may or may not belong to the class
 */
export function unmetOf(
  when: Reaper['when'],
  members: readonly Facts[],
  snapshot: Snapshot,
  maybe: readonly Facts[] = [],
): string | null {
  const { count = 0, eachBusy, anyBusy, connectionsUsed = -1, blocking, blockedFor = -1 } = when;
  if (members.length < count) return `count: ${members.length}, wanted ${count} or more`;
  if (eachBusy !== undefined && ![...members, ...maybe].every((facts) => longerThan(facts, eachBusy)))
    return `eachBusy: not each one is in its command for more than ${inWords(eachBusy)}`;
  if (anyBusy !== undefined && !members.some((facts) => longerThan(facts, anyBusy)))
    return `anyBusy: none is in its command for more than ${inWords(anyBusy)}`;
  const { maxConnections, sessions, usedConnections = sessions.length } = snapshot;
  const used = maxConnections === null ? -1 : usedConnections / maxConnections;
  if (used < connectionsUsed)
    return `connectionsUsed: ${used < 0 ? 'unknown' : inPercent(used)}, wanted ${inPercent(connectionsUsed)} or more`;
  if (blocking === true && (snapshot.waits?.length ?? 0) === 0) return 'blocking: no session waits for a lock';
  const longest = snapshot.waits?.reduce((most, { seconds }) => Math.max(most, seconds ?? -1), -1) ?? -1;
  return longest < blockedFor
    ? `blockedFor: ${longest < 0 ? 'no session' : inWords(longest)}, wanted ${inWords(blockedFor)} or more`
    : null;
}

/** True once the last day of a rule is over, in UTC. */
export const isExpired = ({ until }: Pick<Reaper, 'until'>, now: Date): boolean =>
  until !== undefined && now.toISOString().slice(0, 10) > until;

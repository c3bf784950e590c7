import type { Facts, Snapshot } from './facts.ts';
import type { Reaper } from './policy-schema.ts';
import { inWords } from './units.ts';

const longerThan = ({ session }: Facts, seconds: number): boolean => session.time !== null && session.time > seconds;

const percent = (fraction: number): string => `${Math.floor(fraction * 1000) / 10}%`;

/** What keeps a rule from acting on a class of sessions, for a person; `null` where all that it waits for is true. An unknown value is not true. */
export function unmetOf(when: Reaper['when'], members: readonly Facts[], snapshot: Snapshot): string | null {
  const { count, eachBusy, anyBusy, connectionsUsed, blocking, blockedFor } = when;
  if (count !== undefined && members.length < count) return `count: ${members.length}, wanted ${count} or more`;
  if (eachBusy !== undefined && !members.every((facts) => longerThan(facts, eachBusy)))
    return `eachBusy: not each one is in its command for more than ${inWords(eachBusy)}`;
  if (anyBusy !== undefined && !members.some((facts) => longerThan(facts, anyBusy)))
    return `anyBusy: none is in its command for more than ${inWords(anyBusy)}`;
  if (connectionsUsed !== undefined) {
    const { maxConnections, sessions } = snapshot;
    const used = maxConnections === null ? null : sessions.length / maxConnections;
    if (used === null || used < connectionsUsed)
      return `connectionsUsed: ${used === null ? 'unknown' : percent(used)}, wanted ${percent(connectionsUsed)} or more`;
  }
  if (blocking === true && (snapshot.waits?.length ?? 0) === 0) return 'blocking: nobody waits for a lock';
  if (blockedFor !== undefined) {
    const longest = Math.max(-1, ...(snapshot.waits ?? []).map(({ seconds }) => seconds ?? -1));
    if (longest < blockedFor)
      return `blockedFor: ${longest < 0 ? 'nobody' : inWords(longest)}, wanted ${inWords(blockedFor)} or more`;
  }
  return null;
}

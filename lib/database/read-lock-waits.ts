import type { LockWait } from '../sessions/lock-wait.ts';

const keyOf = ({ waiter, blocker, reason, xa }: LockWait): string =>
  JSON.stringify(blocker === null ? [waiter, null, reason, xa] : [waiter, blocker]);

const isLonger = (one: LockWait, other: LockWait): boolean => (one.seconds ?? -1) > (other.seconds ?? -1);

/** Each pair of waiter and blocker once, with the longest wait; what is certain of a pair goes before what is likely. */
export function distinctWaits(waits: readonly LockWait[]): readonly LockWait[] {
  const pairs = new Map<string, LockWait>();
  for (const wait of waits) {
    if (wait.waiter === wait.blocker) continue;
    const known = pairs.get(keyOf(wait));
    if (known === undefined || (wait.likely === known.likely ? isLonger(wait, known) : known.likely))
      pairs.set(keyOf(wait), wait);
  }
  return [...pairs.values()];
}

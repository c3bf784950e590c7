import type { LockWait } from '../sessions/lock-wait.ts';
import { isSessionId } from '../sessions/session.ts';
import type { Row } from './connection.ts';

/** One row of a dialect's `lockWaits`, or `undefined` where an ID is none (a lock of the server's own, a prepared transaction). */
function toLockWait(row: Row): LockWait | undefined {
  const [waiter, blocker] = [String(row['waiter']), String(row['blocker'])];
  if (!isSessionId(waiter) || !isSessionId(blocker) || waiter === blocker) return undefined;
  const seconds = row['seconds'] === null || row['seconds'] === undefined ? Number.NaN : Number(row['seconds']);
  return { waiter, blocker, seconds: Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : null };
}

/** Each pair of waiter and blocker once, with the longest wait. */
export function toLockWaits(rows: readonly Row[]): readonly LockWait[] {
  const pairs = new Map<string, LockWait>();
  for (const row of rows) {
    const wait = toLockWait(row);
    if (wait === undefined) continue;
    const key = `${wait.waiter} ${wait.blocker}`;
    const known = pairs.get(key);
    if (known === undefined || (wait.seconds ?? -1) > (known.seconds ?? -1)) pairs.set(key, wait);
  }
  return [...pairs.values()];
}

import type { SessionId } from './session.ts';

/** One session that waits for a lock which another holds. Many may wait for one, and one for many. */
export interface LockWait {
  readonly waiter: SessionId;
  readonly blocker: SessionId;
  /** Seconds that it has waited, or `null` where the engine does not tell. */
  readonly seconds: number | null;
}

/**
 * What a store of one process keeps, by name: its memory (a `Map`), or a file that outlives it. Each method is done when it
 * returns, so that nothing of the same process comes between two of them.
 *
 * A file throws `state-unavailable` where it cannot keep its promise.
 */
export interface Kept<Value> extends Iterable<readonly [string, Value]> {
  get(name: string): Value | undefined;
  set(name: string, value: Value): unknown;
  delete(name: string): unknown;
}

/** How long a claim holds that is not confirmed: longer than a receiver's function may run (10 s). */
export const CLAIM_SECONDS = 30;

/** What became of a claim: only `new` may do the work. `reused`: the key belongs to another payload. */
export type Claim = 'new' | 'in-flight' | 'done' | 'reused';

/** Remembers which requests were seen. */
export interface ReplayStore {
  /** True the first time, false while the key is remembered; of many at once, one gets true. Rejects when it cannot know. */
  putOnce(key: string, seconds: number): Promise<boolean>;
  /**
   * Takes a key for one payload, for {@link CLAIM_SECONDS} or until it is confirmed or forgotten; of many at once, one
   * gets `new`. Rejects when it cannot know.
   *
   * @param payload a hash of what the key belongs to.
   */
  claim(key: string, payload: string): Promise<Claim>;
  /** Remembers for so many seconds that what was claimed is done. */
  confirm(key: string, seconds: number, payload: string): Promise<void>;
  /** Forgets a key, for what it stood for was not done: the next request of it is new. */
  forget(key: string): Promise<void>;
}

/** What a claim finds where the key is taken. */
export function claimOf(found: Pick<TakenKey, 'payload' | 'isDone'>, payload: string) {
  if (found.payload !== payload) return 'reused';
  return found.isDone ? 'done' : 'in-flight';
}

/** A key as a single process keeps it. */
export interface TakenKey {
  readonly until: number;
  readonly payload?: string | undefined;
  readonly isDone: boolean;
}

/** A replay store for one process, in its memory unless told where. */
export function memoryReplayStore(
  now: () => number = Date.now,
  taken: Kept<TakenKey> = new Map<string, TakenKey>(),
): ReplayStore {
  const take = (key: string, seconds: number, payload: string | undefined, isDone: boolean) =>
    taken.set(key, { until: now() + seconds * 1000, payload, isDone });
  const find = (key: string) => {
    for (const [old, { until }] of taken) if (until <= now()) taken.delete(old);
    return taken.get(key);
  };
  return {
    putOnce: async (key, seconds) => {
      if (find(key) !== undefined) return false;
      take(key, seconds, undefined, true);
      return true;
    },
    claim: async (key, payload) => {
      const found = find(key);
      if (found !== undefined) return claimOf(found, payload);
      take(key, CLAIM_SECONDS, payload, false);
      return 'new';
    },
    confirm: async (key, seconds, payload) => {
      take(key, seconds, payload, true);
    },
    forget: async (key) => {
      taken.delete(key);
    },
  };
}

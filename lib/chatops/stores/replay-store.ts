/** Remembers which requests were seen. */
export interface ReplayStore {
  /** True the first time, false while the key is remembered; of many at once, one gets true. Rejects when it cannot know. */
  putOnce(key: string, seconds: number): Promise<boolean>;
  /** Forgets a key, for what it stood for was not done: the next request of it is new. */
  forget(key: string): Promise<void>;
}

/** A replay store for one process. */
export function memoryReplayStore(now: () => number = Date.now): ReplayStore {
  const until = new Map<string, number>();
  return {
    putOnce: async (key, seconds) => {
      for (const [old, end] of until) if (end <= now()) until.delete(old);
      if (until.has(key)) return false;
      until.set(key, now() + seconds * 1000);
      return true;
    },
    forget: async (key) => {
      until.delete(key);
    },
  };
}

/** One fetch and its result, the same for all who asked meanwhile. */
export interface Cached<T> {
  readonly value: Promise<T>;
  readonly at: number;
}

/** Keeps what was fetched for a short life. */
export interface SharedCache<T> {
  /** What is kept for the key, or fetched now. Concurrent callers share one fetch, also where it is not kept after. */
  get(key: string): Cached<T>;
  /** A fetch begun after the one given: another caller's, if there is one by now, or its own. */
  getNewer(key: string, than: Cached<T>): Cached<T>;
}

/** How long to keep, and what. A failed fetch is never kept. */
export interface SharedCacheOptions<T> {
  readonly ttlSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Says no to what must be asked for anew next time, such as "there is none". */
  readonly isKept?: (value: T) => boolean;
}

/** Makes a {@link SharedCache}. */
export function createSharedCache<T>(
  fetchValue: (key: string) => Promise<T>,
  { ttlSeconds, now, isKept = () => true }: SharedCacheOptions<T>,
): SharedCache<T> {
  const kept = new Map<string, Cached<T>>();

  const begin = (key: string): Cached<T> => {
    const entry = { value: fetchValue(key), at: now() };
    kept.set(key, entry);
    const drop = () => {
      if (kept.get(key) === entry) kept.delete(key);
    };
    entry.value.then((value) => isKept(value) || drop(), drop);
    return entry;
  };
  const fresh = (key: string) => {
    const entry = kept.get(key);
    return entry && now() - entry.at < ttlSeconds * 1000 ? entry : undefined;
  };

  return {
    get: (key) => fresh(key) ?? begin(key),
    getNewer: (key, than) => {
      const entry = fresh(key);
      return entry && entry !== than ? entry : begin(key);
    },
  };
}

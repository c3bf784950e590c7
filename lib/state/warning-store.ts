import type { Kept } from './replay-store.ts';

/** What is known of the warning of one session by one rule. Times are milliseconds since the epoch. */
export interface Warning {
  /** When the session was chosen and its warning handed over: what tells one round of warning from the next. */
  readonly askedAt: number;
  /** When the platform took the message; `null` until then: no one was warned yet. */
  readonly toldAt: number | null;
  /** Until when a person keeps it; `null` where no one does. */
  readonly keptUntil: number | null;
  /** How often it was kept, in earlier rounds too. */
  readonly extensions: number;
  /** The subject of who kept it last. */
  readonly keptBy: string | null;
  /** Its end was begun: it can be kept no more. */
  readonly isEnding: boolean;
}

/** What became of the wish to keep a session. */
export type Keeping =
  | { readonly end: 'kept' | 'kept-before'; readonly warning: Warning }
  /** Kept as often as it may be, or ended by now, or never warned of. */
  | { readonly end: 'no-more' | 'gone' };

/**
 * Keeps warnings for as long as they may matter. Every change is conditional, so that of two at once one happens: a session
 * that is kept is not ended, and one whose end was begun is not kept.
 *
 * Every method rejects with `state-unavailable` where it cannot keep its promise.
 */
export interface WarningStore {
  /** The warnings that there are, by name. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, Warning>>;
  /**
   * Begins a round of warning: not told yet, kept by no one. False where it is no more as it was `seen`.
   *
   * @param seconds - how long to remember it
   */
  ask(
    name: string,
    round: Pick<Warning, 'askedAt' | 'extensions' | 'keptBy'>,
    seen: Warning | undefined,
    seconds: number,
  ): Promise<boolean>;
  /** The message of that round was taken by its platform. Does nothing where another round has begun. */
  told(name: string, askedAt: number, at: number): Promise<void>;
  /** Keeps a session, unless it is kept already, or was kept `most` times. */
  keep(
    name: string,
    wish: { readonly until: number; readonly by: string; readonly most: number; readonly seconds: number },
  ): Promise<Keeping>;
  /** Begins the end of a session that was told of in that round. False where a person keeps it. */
  beginEnd(name: string, askedAt: number): Promise<boolean>;
}

/** The name under which a warning is kept. `tag` is a session's or its statement's. */
export const warningName = (target: string, reaper: string, tag: string): string => `${target}#${reaper}#${tag}`;

/** A warning as a single process keeps it. */
interface KeptWarning {
  readonly warning: Warning;
  readonly expiresAt: number;
}

/** Warnings of one process, in its memory unless told where. */
export function memoryWarningStore(
  now: () => number = Date.now,
  kept: Kept<KeptWarning> = new Map<string, KeptWarning>(),
): WarningStore {
  const find = (name: string): Warning | undefined => {
    const found = kept.get(name);
    return found !== undefined && found.expiresAt > now() ? found.warning : undefined;
  };
  const put = (name: string, warning: Warning, seconds: number): void => {
    for (const [old, { expiresAt }] of kept) if (expiresAt <= now()) kept.delete(old);
    kept.set(name, { warning, expiresAt: now() + seconds * 1000 });
  };
  const change = (name: string, warning: Warning): void => {
    kept.set(name, { expiresAt: kept.get(name)?.expiresAt ?? 0, warning });
  };
  return {
    read: async (names) =>
      new Map(
        names.flatMap((name) => {
          const warning = find(name);
          return warning === undefined ? [] : [[name, warning]];
        }),
      ),
    ask: async (name, round, seen, seconds) => {
      const found = find(name);
      if (found?.askedAt !== seen?.askedAt || found?.extensions !== seen?.extensions) return false;
      put(name, { ...round, toldAt: null, keptUntil: null, isEnding: false }, seconds);
      return true;
    },
    told: async (name, askedAt, at) => {
      const found = find(name);
      if (found?.askedAt === askedAt && found.toldAt === null) change(name, { ...found, toldAt: at });
    },
    keep: async (name, { until, by, most, seconds }) => {
      const found = find(name);
      if (found === undefined || found.isEnding) return { end: 'gone' };
      if (found.keptUntil !== null && found.keptUntil > now()) return { end: 'kept-before', warning: found };
      if (found.extensions >= most) return { end: 'no-more' };
      const warning = { ...found, keptUntil: until, keptBy: by, extensions: found.extensions + 1 };
      put(name, warning, seconds);
      return { end: 'kept', warning };
    },
    beginEnd: async (name, askedAt) => {
      const found = find(name);
      if (found?.askedAt !== askedAt || found.toldAt === null || found.keptUntil !== null) return false;
      change(name, { ...found, isEnding: true });
      return true;
    },
  };
}

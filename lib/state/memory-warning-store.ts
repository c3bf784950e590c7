import type { Warning, WarningStore } from '../reaper/warn/warning.ts';
import type { Kept } from './replay-store.ts';

/** A warning as a single process keeps it. */
export interface KeptWarning {
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

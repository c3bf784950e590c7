import type { Warning, WarningStore } from '../../../lib/state/warning-store.ts';

/** Warnings whose times have passed by `ms` when they are read: a test need not wait for ten minutes. */
export function hurriedWarnings(store: WarningStore): {
  readonly store: WarningStore;
  readonly passed: { ms: number };
} {
  const passed = { ms: 0 };
  const back = (time: number | null) => (time === null ? null : time - passed.ms);
  const hurry = (warning: Warning): Warning => ({
    ...warning,
    toldAt: back(warning.toldAt),
    keptUntil: back(warning.keptUntil),
  });
  const read: WarningStore['read'] = async (names) =>
    new Map([...(await store.read(names))].map(([name, warning]) => [name, hurry(warning)]));
  return { passed, store: { ...store, read } };
}

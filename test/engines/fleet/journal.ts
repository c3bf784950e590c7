import { existsSync, readFileSync } from 'node:fs';

/** A worker opened or closed a target; milliseconds since the epoch. */
export interface Entry {
  readonly target: string;
  readonly what: 'open' | 'close';
  readonly at: number;
}
/** What a worker has written so far. */
export const readJournal = (journal: string): readonly Entry[] =>
  existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .flatMap((line) => (line.endsWith('}') ? JSON.parse(line) : []))
    : [];

/** Opens minus closes of each target in order of time: above 1 two workers were on it. A dead worker's end with it. */
export function mostAtOnce(
  journals: readonly { readonly entries: readonly Entry[]; readonly diedAt?: number }[],
): number {
  const steps = journals.flatMap(({ entries, diedAt }) => {
    const open = new Map<string, number>();
    for (const { target, what } of entries) open.set(target, (open.get(target) ?? 0) + (what === 'open' ? 1 : -1));
    const cut = [...open].filter(([, count]) => count > 0).map(([target]) => target);
    return [
      ...entries,
      ...cut.map((target): Entry => ({ target, what: 'close', at: diedAt ?? Number.POSITIVE_INFINITY })),
    ];
  });
  const most = [...Map.groupBy(steps, ({ target }) => target).values()].map((mine) => {
    let [now, top] = [0, 0];
    for (const { what } of mine.toSorted((a, b) => a.at - b.at || (a.what === 'close' ? -1 : 1))) {
      now += what === 'open' ? 1 : -1;
      top = Math.max(top, now);
    }
    return top;
  });
  return Math.max(...most);
}

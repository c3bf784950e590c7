import type { Contradiction } from './judge-lists.ts';
import { playOnServer } from './on-server.ts';
import type { Order, Played } from './play.ts';

type Given = Omit<Order, 'url' | 'crash'>;

/** A contradiction, and the smallest play in which it was seen. */
export interface Smallest extends Pick<Played, 'notes' | 'calls'> {
  readonly contradiction: Contradiction;
  readonly order: Given;
}

/**
 * Plays the same seed with those clients alone that a contradiction is about, then with half of all, and no longer than it
 * took. A server has its own time, so one that does not come again is told as it was.
 */
export async function shrink(order: Given, played: Played, contradiction: Contradiction): Promise<Smallest> {
  const those = [...new Set(contradiction.lives.map(({ client }) => client))];
  const seconds = Math.min(order.seconds, Math.ceil((contradiction.to - played.notes.start) / 1_000) + 3);
  const half = Array.from({ length: Math.ceil(order.clients / 2) }, (_, n) => n);
  for (const only of those.length === 0 ? [half] : [those, [...new Set([...those, ...half])]]) {
    const smaller = { ...order, seconds, only };
    const again = await playOnServer(smaller);
    const same = again.contradictions.find(({ claim }) => claim === contradiction.claim);
    if (same !== undefined) return { contradiction: same, notes: again.notes, calls: again.calls, order: smaller };
  }
  return { contradiction, notes: played.notes, calls: played.calls, order };
}

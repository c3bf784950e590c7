import { describe, expect, it } from 'vitest';
import type { KillCounter } from '../../lib/sessions/kill/kill-limit.ts';

/** What every counter of kills promises. `open` gives an empty one. */
export function killCounterContract(name: string, open: () => Promise<KillCounter>): void {
  describe(`counter of kills: ${name}`, () => {
    it('counts up to the most, and nothing of what would pass it', async () => {
      const counter = await open();
      expect(await counter.take('ada', 7, 10, 60)).toBe(true);
      expect(await counter.take('ada', 4, 10, 60)).toBe(false);
      expect(await counter.take('ada', 3, 10, 60)).toBe(true);
      expect(await counter.take('ada', 1, 10, 60)).toBe(false);
    });

    it('counts each name by itself', async () => {
      const counter = await open();
      expect(await counter.take('ada', 10, 10, 60)).toBe(true);
      expect(await counter.take('bob', 10, 10, 60)).toBe(true);
    });

    it('counts nothing that is more than the most already at the first time', async () => {
      const counter = await open();
      expect(await counter.take('ada', 11, 10, 60)).toBe(false);
      expect(await counter.take('ada', 10, 10, 60)).toBe(true);
    });

    it('lets no more pass of many at once', async () => {
      const counter = await open();
      const taken = await Promise.all(Array.from({ length: 20 }, () => counter.take('ada', 3, 10, 60)));
      expect(taken.filter(Boolean)).toHaveLength(3);
    });
  });
}

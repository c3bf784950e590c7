import { beforeEach, describe, expect, it } from 'vitest';
import type { StopStore } from '../../lib/sessions/kill/stop-switch.ts';

const BY_ADA = {
  by: { source: 'jwt', subject: 'ada' },
  reason: 'a rule went mad – „x“',
  since: '2026-11-29T12:00:00.000Z',
};
const BY_BOB = { by: { source: 'slack', subject: 'bob' }, reason: 'me too', since: '2026-11-29T12:00:01.000Z' };

/** What every store of the stop promises. `open` gives an empty one. */
export function stopStoreContract(name: string, open: () => Promise<StopStore>): void {
  describe(`stop store: ${name}`, () => {
    let store: StopStore;
    beforeEach(async () => {
      store = await open();
    });

    it('tells who stopped, why and since when, until it is ended', async () => {
      expect(await store.read()).toBeUndefined();
      await store.put(BY_ADA);
      expect(await store.read()).toEqual(BY_ADA);
      await store.remove();
      expect(await store.read()).toBeUndefined();
    });

    it('keeps the first of those who stop, and is ended once for all of them', async () => {
      await store.put(BY_ADA);
      await store.put(BY_BOB);
      expect(await store.read()).toEqual(BY_ADA);
      await store.remove();
      await store.remove();
      expect(await store.read()).toBeUndefined();
      await store.put(BY_BOB);
      expect(await store.read()).toEqual(BY_BOB);
    });

    it('keeps one of many who stop at once', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, at) => store.put({ ...BY_ADA, reason: `reason ${at}` })));
      const first = await store.read();
      await store.put(BY_BOB);
      expect(await store.read()).toEqual(first);
    });
  });
}

import { beforeEach, describe, expect, it } from 'vitest';
import type { LeaseStore } from '../../lib/fleet/lease.ts';

/** What every lease store promises. `open` gives an empty one with that clock. */
export function leaseStoreContract(name: string, open: (now: () => number) => Promise<LeaseStore>): void {
  describe(`lease store: ${name}`, () => {
    let time = 0;
    let store: LeaseStore;
    beforeEach(async () => {
      time = Date.now();
      store = await open(() => time);
    });
    const pass = (seconds: number) => {
      time += seconds * 1000;
    };

    it('gives a name to one of many who ask at once', async () => {
      const leases = await Promise.all(Array.from({ length: 20 }, () => store.acquire('shop', 30)));

      expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
      expect(await store.acquire('other', 30)).toMatchObject({ name: 'other', until: time + 30_000 });
    });

    it('gives it to another when it was released, and when it has expired', async () => {
      const first = await store.acquire('shop', 30);
      await first?.release();
      expect(await store.acquire('shop', 30)).toBeDefined();
      pass(29);
      expect(await store.acquire('shop', 30)).toBeUndefined();
      pass(1);
      expect(await store.acquire('shop', 30)).toBeDefined();
    });

    it('tells whether somebody holds it, as long as it lasts', async () => {
      expect(await store.isHeld('shop')).toBe(false);
      const lease = await store.acquire('shop', 30);
      expect([await store.isHeld('shop'), await store.isHeld('other')]).toEqual([true, false]);
      pass(30);
      expect(await store.isHeld('shop')).toBe(false);
      await store.acquire('other', 30);
      await lease?.release();
      expect(await store.isHeld('other')).toBe(true);
    });

    it('keeps it as long as it is renewed', async () => {
      let lease = await store.acquire('shop', 30);
      for (let i = 0; i < 3; i++) {
        pass(20);
        lease = await lease?.renew(30);
        expect(lease?.until).toBe(time + 30_000);
        expect(await store.acquire('shop', 30)).toBeUndefined();
      }
    });

    it('renews none that has expired, whether or not another has it', async () => {
      const first = await store.acquire('shop', 30);
      pass(30);
      expect(await first?.renew(30)).toBeUndefined();
      const second = await store.acquire('shop', 30);
      expect(await first?.renew(30)).toBeUndefined();
      expect(await second?.renew(30)).toBeDefined();
    });

    it('leaves the lease of another alone when an old holder releases its own', async () => {
      const first = await store.acquire('shop', 30);
      pass(31);
      const second = await store.acquire('shop', 30);
      await first?.release();

      expect(await store.acquire('shop', 30)).toBeUndefined();
      expect(await second?.renew(30)).toBeDefined();
    });
  });
}

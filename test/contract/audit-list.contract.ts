import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditStore } from '../../lib/audit/audit.ts';
import { anIntent } from './an-intent.ts';

/** What every audit store promises about listing; part of `auditStoreContract`. */
export function auditListContract(
  name: string,
  open: () => Promise<{ readonly store: AuditStore; readonly close: () => unknown }>,
): void {
  describe(`audit store: ${name}: list`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let store: AuditStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    const ids = async (query: Partial<Parameters<AuditStore['list']>[0]>) =>
      (await store.list({ limit: 100, ...query })).map(({ id }) => id);

    it('lists newest first, page after page, by target and subject', async () => {
      const made: string[] = [];
      for (const [target, subject] of [
        ['pay', 'ada'],
        ['crm', 'ada'],
        ['pay', 'bob'],
        ['pay', 'ada'],
      ] as const) {
        made.push(await store.begin(anIntent({ target, principal: { source: 'jwt', subject } })));
      }
      const [first, second, third, fourth] = made;

      expect(await ids({})).toEqual(made.toReversed());
      expect(await ids({ limit: 2 })).toEqual([fourth, third]);
      expect(await ids({ limit: 2, after: String(third) })).toEqual([second, first]);
      expect(await ids({ after: String(first) })).toEqual([]);
      expect(await ids({ target: 'pay' })).toEqual([fourth, third, first]);
      expect(await ids({ subject: 'ada' })).toEqual([fourth, second, first]);
      expect(await ids({ target: 'pay', subject: 'ada', after: String(fourth) })).toEqual([first]);
      expect(await ids({ target: 'PAY' })).toEqual([]);
      expect(await ids({ subject: "' OR TRUE --" })).toEqual([]);
    });

    it('lists from a time on, inclusive, and before another, exclusive, whatever their zone', async () => {
      const id = await store.begin(anIntent());
      const at = String((await store.list({ limit: 1 }))[0]?.at);
      const later = new Date(Date.parse(at) + 1).toISOString();
      const elsewhere = `${new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(0, -1)}+08:00`;

      expect(await ids({ from: at })).toEqual([id]);
      expect(await ids({ from: elsewhere, to: later })).toEqual([id]);
      expect(await ids({ from: later })).toEqual([]);
      expect(await ids({ to: at })).toEqual([]);
      expect(await ids({ to: elsewhere })).toEqual([]);
    });
  });
}

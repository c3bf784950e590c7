import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditOutcome, AuditStore } from '../../lib/audit/audit.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { anIntent, NOTHING, TERMINATED } from './an-intent.ts';
import { auditListContract } from './audit-list.contract.ts';

/** What every audit store promises. `open` gives an empty store for each test. */
export function auditStoreContract(
  name: string,
  open: () => Promise<{ readonly store: AuditStore; readonly close: () => unknown }>,
): void {
  auditListContract(name, open);

  describe(`audit store: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let store: AuditStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it.each([
      ['all fields', anIntent()],
      ['every field that may be null', anIntent(NOTHING)],
    ])('gives an open intent back as it was written: %s', async (_case, intent) => {
      const before = new Date().toISOString();
      const id = await store.begin(intent);

      const [record] = await store.list({ limit: 1 });

      expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
      expect(record).toEqual({
        ...intent,
        id,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        outcome: null,
        proven: false,
        detail: null,
        outcomeAt: null,
      });
      expect([before, record?.at, new Date().toISOString()].toSorted()[1]).toBe(record?.at);
    });

    it('takes a whole principal, and keeps source and subject of it', async () => {
      const principal = { source: 'iam', subject: 'bob', groups: ['dba'], claims: { email: 'b@example.com' } };
      await store.begin(anIntent({ principal }));

      expect((await store.list({ limit: 1 }))[0]?.principal).toEqual({ source: 'iam', subject: 'bob' });
    });

    it('writes what is over with its outcome, and no one closes it again', async () => {
      const before = new Date(Date.now() + 60_000).toISOString();
      const id = await store.note(anIntent({ kind: 'read' }), { outcome: 'shown', proven: true, detail: null });

      const shown = { ...anIntent({ kind: 'read' }), id, outcome: 'shown', proven: true, detail: null };
      expect(await store.list({ limit: 9 })).toEqual([
        { ...shown, at: expect.any(String), outcomeAt: expect.stringMatching(/Z$/) },
      ]);
      expect(await store.open({ before, limit: 9 })).toEqual([]);
      expect(await store.finishAll(new Map([[id, TERMINATED]]))).toEqual([id]);
    });

    it('adds who decided with the outcome, and keeps who approved where no one is named', async () => {
      const approver = { source: 'slack', subject: 'boss' };
      const [asked, kill] = await store.beginAll([anIntent({ approver: null }), anIntent({ approver })]);
      await store.finish(String(asked), { outcome: 'refused', proven: true, detail: 'denied', approver });
      await store.finish(String(kill), TERMINATED);

      expect(await store.list({ limit: 9 })).toMatchObject([
        { id: kill, outcome: 'terminated', approver },
        { id: asked, outcome: 'refused', detail: 'denied', approver },
      ]);
    });

    it('adds the outcome', async () => {
      const id = await store.begin(anIntent());
      await store.finish(id, { outcome: 'refused', proven: false, detail: 'protected' });

      expect((await store.list({ limit: 1 }))[0]).toMatchObject({
        ...anIntent(),
        outcome: 'refused',
        proven: false,
        detail: 'protected',
        outcomeAt: expect.stringMatching(/Z$/),
      });
    });

    it('rejects a second outcome, and keeps the first', async () => {
      const id = await store.begin(anIntent());
      await store.finish(id, TERMINATED);

      await expect(store.finish(id, { ...TERMINATED, outcome: 'unknown' })).rejects.toThrow();

      expect(await store.list({ limit: 1 })).toMatchObject([{ outcome: 'terminated', proven: true }]);
    });

    it('takes pending as what is known so far: the record says so, stays open, and takes one final outcome', async () => {
      const PENDING: AuditOutcome = { outcome: 'pending', proven: false, detail: 'still rolls back' };
      const before = new Date(Date.now() + 60_000).toISOString();
      const [one, other] = await store.beginAll([anIntent(), anIntent()]);
      await store.finish(String(one), PENDING);
      expect(await store.finishAll(new Map([[String(other), PENDING]]))).toEqual([]);

      const shown = { outcome: 'pending', detail: 'still rolls back', outcomeAt: expect.stringMatching(/Z$/) };
      expect(await store.list({ limit: 9 })).toMatchObject([shown, shown]);
      expect(await store.open({ before, limit: 9 })).toMatchObject([
        { id: one, ...shown },
        { id: other, ...shown },
      ]);

      await store.finish(String(one), TERMINATED);
      await expect(store.finish(String(one), PENDING)).rejects.toThrow();
      await expect(store.finish(String(one), { ...TERMINATED, outcome: 'unknown' })).rejects.toThrow();
      expect(await store.finishAll(new Map([[String(one), PENDING]]))).toEqual([one]);

      expect((await store.open({ before, limit: 9 })).map(({ id }) => id)).toEqual([other]);
      expect((await store.list({ limit: 9 })).at(-1)).toMatchObject({ id: one, ...TERMINATED });
    });

    it('lets one of many simultaneous outcomes win', async () => {
      const id = await store.begin(anIntent());

      const ends = await Promise.allSettled(Array.from({ length: 8 }, () => store.finish(id, TERMINATED)));

      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('rejects an outcome for an ID that it does not know, and makes no record of it', async () => {
      await expect(store.finish('01ARZ3NDEKTSV4RRFFQ69G5FAV', TERMINATED)).rejects.toThrow();

      expect(await store.list({ limit: 1 })).toEqual([]);
    });

    it('writes a thousand at once, in order, and closes them', async () => {
      const intents = Array.from({ length: 1_000 }, (_, i) => anIntent({ sessionId: sessionId(String(i + 1)) }));

      const made = await store.beginAll(intents);
      const left = await store.finishAll(new Map(made.map((id) => [id, TERMINATED])));

      expect(left).toEqual([]);
      expect(made).toEqual([...new Set(made)].toSorted());
      const records = (await store.list({ limit: 1_000 })).toReversed();
      expect(records.map(({ id }) => id)).toEqual(made);
      expect(records.map((record) => record.sessionId)).toEqual(intents.map((intent) => intent.sessionId));
      expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['terminated']));
    });

    it('gives open intents, oldest first, page after page, until they have their outcome', async () => {
      const made = await store.beginAll(Array.from({ length: 7 }, () => anIntent()));
      const before = new Date(Date.now() + 60_000).toISOString();
      const closed = [made[1], made[4]].map(String);
      await store.finishAll(new Map(closed.map((id) => [id, TERMINATED])));
      const left = made.filter((id) => !closed.includes(id));

      const all = await store.open({ before, limit: 9 });
      const first = await store.open({ before, limit: 2 });
      const second = await store.open({ before, limit: 9, after: String(first.at(-1)?.id) });

      expect(all.map(({ id }) => id)).toEqual(left);
      expect(all[0]).toMatchObject({ ...anIntent(), outcome: null });
      expect([...first, ...second].map(({ id }) => id)).toEqual(left);
      expect(await store.open({ before: String(all[0]?.at), limit: 9 })).toEqual([]);
    });

    it('takes none at once for none', async () => {
      expect(await store.beginAll([])).toEqual([]);
      expect(await store.finishAll(new Map())).toEqual([]);
    });

    it('tells which of many could not be closed, and closes the others', async () => {
      const [a, b] = [await store.begin(anIntent()), await store.begin(anIntent())];
      await store.finish(a, TERMINATED);
      const unknown = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

      const left = await store.finishAll(new Map([a, b, unknown].map((id) => [id, { ...TERMINATED, proven: false }])));

      expect(left.toSorted()).toEqual([a, unknown].toSorted());
      expect(await store.list({ limit: 9 })).toMatchObject([
        { id: b, outcome: 'terminated', proven: false },
        { id: a, outcome: 'terminated', proven: true },
      ]);
    });
  });
}

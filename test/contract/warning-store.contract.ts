import { beforeEach, describe, expect, it } from 'vitest';
import { type WarningStore, warningName } from '../../lib/state/warning-store.ts';

// Of today, in whole seconds: a real store removes by its own clock what has expired.
const START = Math.ceil(Date.now() / 1000) * 1000;
const DAY = 86_400;
const ROUND = { askedAt: START, extensions: 0, keptBy: null };

/** What every store of warnings promises. `open` gives an empty one with that clock. */
export function warningStoreContract(name: string, open: (now: () => number) => Promise<WarningStore>): void {
  describe(`warning store: ${name}`, () => {
    let time = START;
    let store: WarningStore;
    const victim = warningName('shop', 'idle', 'tag');
    const wish = (by = 'ada', most = 2) => ({ until: time + 1_800_000, by, most, seconds: DAY });
    const read = async () => (await store.read([victim])).get(victim);
    const pass = (seconds: number) => {
      time += seconds * 1000;
    };
    beforeEach(async () => {
      time = START;
      store = await open(() => time);
    });

    it('lets one of twenty begin a round, and knows nothing of others', async () => {
      const asked = await Promise.all(Array.from({ length: 20 }, () => store.ask(victim, ROUND, undefined, DAY)));
      expect(asked.filter(Boolean)).toHaveLength(1);
      expect(await store.read([victim, 'another', victim])).toEqual(
        new Map([[victim, { ...ROUND, toldAt: null, keptUntil: null, isEnding: false }]]),
      );
      expect(await store.read([])).toEqual(new Map());
    });

    it('reads more than DynamoDB gives at once', async () => {
      const names = Array.from({ length: 230 }, (_, at) => `${victim}-${at}`);
      for (const one of names) await store.ask(one, ROUND, undefined, DAY);
      expect([...(await store.read(names)).keys()].toSorted()).toEqual(names.toSorted());
    });

    it('begins a further round only from what was seen', async () => {
      await store.ask(victim, ROUND, undefined, DAY);
      const seen = await read();
      const next = { askedAt: START + 1, extensions: 0, keptBy: null };
      expect(await store.ask(victim, next, undefined, DAY)).toBe(false);
      expect(await store.ask(victim, next, seen, DAY)).toBe(true);
      expect(await store.ask(victim, { ...next, askedAt: START + 2 }, seen, DAY)).toBe(false);
      await store.keep(victim, wish());
      expect(await store.ask(victim, { ...next, askedAt: START + 3 }, { ...next, ...OPEN }, DAY)).toBe(false);
      expect(await read()).toMatchObject({ askedAt: START + 1, keptBy: 'ada', extensions: 1 });
    });

    it('is told of its own round only, and once', async () => {
      await store.ask(victim, ROUND, undefined, DAY);
      await store.told(victim, START - 1, START + 5);
      expect(await read()).toMatchObject({ toldAt: null });
      await store.told(victim, START, START + 6);
      await store.told(victim, START, START + 7);
      expect(await read()).toMatchObject({ toldAt: START + 6 });
      await store.told('another', START, START);
      expect((await store.read(['another'])).size).toBe(0);
    });

    it('lets one of twenty keep a session, and tells the others who does', async () => {
      await store.ask(victim, ROUND, undefined, DAY);
      const keepings = await Promise.all(Array.from({ length: 20 }, (_, at) => store.keep(victim, wish(`p${at}`))));
      const kept = keepings.filter(({ end }) => end === 'kept');
      expect(kept).toHaveLength(1);
      const warning = await read();
      expect(kept).toEqual([{ end: 'kept', warning }]);
      expect(keepings.filter(({ end }) => end === 'kept-before')).toEqual(
        Array.from({ length: 19 }, () => ({ end: 'kept-before', warning })),
      );
      expect(warning).toMatchObject({ extensions: 1, keptUntil: START + 1_800_000 });
    });

    it('keeps a session again once that is over, as often as may be', async () => {
      await store.ask(victim, ROUND, undefined, DAY);
      for (const extensions of [1, 2]) {
        expect(await store.keep(victim, wish())).toMatchObject({ end: 'kept', warning: { extensions } });
        pass(1_800);
      }
      expect(await store.keep(victim, wish())).toEqual({ end: 'no-more' });
      expect(await store.keep('another', wish())).toEqual({ end: 'gone' });
      expect(await store.keep(victim, wish('ada', 3))).toMatchObject({ end: 'kept' });
    });

    it('ends no session that is kept, and keeps no session whose end has begun', async () => {
      await store.ask(victim, ROUND, undefined, DAY);
      expect(await store.beginEnd(victim, START)).toBe(false);
      await store.told(victim, START, START);
      expect(await store.beginEnd(victim, START - 1)).toBe(false);
      expect(await store.beginEnd('another', START)).toBe(false);
      const [isEnding, keeping] = await Promise.all([store.beginEnd(victim, START), store.keep(victim, wish())]);
      expect(keeping.end).toBe(isEnding ? 'gone' : 'kept');
      expect(await store.beginEnd(victim, START)).toBe(isEnding);
    });

    it('forgets it when its time is over', async () => {
      await store.ask(victim, ROUND, undefined, 60);
      await store.told(victim, START, START);
      pass(60);
      expect(await read()).toBeUndefined();
      expect(await store.keep(victim, wish())).toEqual({ end: 'gone' });
      expect(await store.ask(victim, { ...ROUND, askedAt: time }, undefined, 60)).toBe(true);
      expect(await read()).toMatchObject({ askedAt: time, toldAt: null });
    });
  });
}

const OPEN = { toldAt: null, keptUntil: null, isEnding: false };

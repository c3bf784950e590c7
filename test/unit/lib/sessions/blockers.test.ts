import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockerTree, blockerForest } from '../../../../lib/sessions/blockers.ts';
import type { LockWait } from '../../../../lib/sessions/lock-wait.ts';
import { sessionId } from '../../../../lib/sessions/session.ts';

const wait = (waiter: number, blocker: number, seconds: number | null = 1): LockWait => ({
  waiter: sessionId(String(waiter)),
  blocker: sessionId(String(blocker)),
  seconds,
  lock: 'row lock',
});
const shape = ({ id, holdsUp, waiters }: BlockerTree): unknown => [Number(id), holdsUp, ...waiters.map(shape)];
const idsOf = (node: BlockerTree): readonly (string | null)[] => [node.id, ...node.waiters.flatMap(idsOf)];

const LEAF = { lock: 'row lock', holdsUp: 0, longestWait: null, likely: false, reason: null, xa: [], waiters: [] };

describe('the forest of blockers', () => {
  it('has the roots first that hold up most', () => {
    const forest = blockerForest([wait(2, 1), wait(11, 10), wait(12, 10), wait(13, 12)]);
    expect(forest.map(shape)).toEqual([
      [10, 3, [11, 0], [12, 1, [13, 0]]],
      [1, 1, [2, 0]],
    ]);
  });

  it('tells the longest wait, also of those behind others', () => {
    expect(blockerForest([wait(2, 1, 5), wait(3, 2, 40)])[0]).toMatchObject({
      id: '1',
      longestWait: 40,
      waitedFor: null,
    });
  });

  it('takes the one that waited shortest for the root of a circle', () => {
    const circle = [wait(1, 2, 9), wait(2, 1, 3)];
    for (const inAnyOrder of [circle, circle.toReversed()])
      expect(blockerForest(inAnyOrder).map(shape)).toEqual([[2, 1, [1, 1]]]);
  });

  it('has those first that were waited for longest, where they hold up as many', () => {
    const forest = blockerForest([wait(2, 1, 5), wait(12, 11, null), wait(22, 21, 9)]);
    expect(forest.map(({ id, longestWait }) => [id, longestWait])).toEqual([
      ['21', 9],
      ['1', 5],
      ['11', null],
    ]);
  });

  it('tells how long each has waited for the one above it, and 0 from unknown', () => {
    const [root] = blockerForest([wait(2, 1, 0), wait(3, 1, null)]);
    expect(root).toMatchObject({ waitedFor: null, longestWait: 0, holdsUp: 2 });
    expect(root?.waiters).toEqual([
      { ...LEAF, id: '2', waitedFor: 0 },
      { ...LEAF, id: '3', waitedFor: null },
    ]);
  });

  it('counts one that waits in two ways once, with its longest wait', () => {
    const [root] = blockerForest([wait(2, 1, 5), wait(3, 2, 9), wait(3, 1, 4)]);
    expect(root).toMatchObject({ id: '1', holdsUp: 2, longestWait: 9 });
    expect(root?.waiters.map(shape)).toEqual([
      [2, 1],
      [3, 0],
    ]);
  });

  it('tells the longest wait, whichever comes first', () => {
    const waits = [wait(2, 1, 9), wait(3, 1, 4), wait(4, 1, null)];
    for (const inAnyOrder of [waits, waits.toReversed()])
      expect(blockerForest(inAnyOrder)[0]).toMatchObject({ id: '1', longestWait: 9 });
  });

  it('has one that waits for two who wait themselves in one place', () => {
    const forest = blockerForest([wait(2, 1), wait(3, 1), wait(4, 2), wait(4, 3)]);
    expect(forest.map(shape)).toEqual([[1, 3, [2, 1, [4, 0]], [3, 1]]]);
  });

  it('has a session below every root that it waits for', () => {
    const forest = blockerForest([wait(3, 1), wait(3, 2)]);
    expect(forest.map(shape)).toEqual([
      [1, 1, [3, 0]],
      [2, 1, [3, 0]],
    ]);
  });

  it('takes an unknown wait for the shortest of a circle, and hangs those behind it below', () => {
    const circle = [wait(1, 2, 3), wait(2, 3, null), wait(3, 1, 5), wait(9, 1, 1)];
    expect(blockerForest(circle).map(shape)).toEqual([[2, 3, [1, 3, [3, 3], [9, 0]]]]);
  });

  it('stays as small as the queue that it shows, though a server tells every pair of it', () => {
    const waits = Array.from({ length: 200 }, (_, waiter) =>
      Array.from({ length: waiter + 1 }, (_, blocker) => wait(waiter + 2, blocker + 1)),
    ).flat();
    const [root, ...others] = blockerForest(waits);
    expect(others).toEqual([]);
    expect(root === undefined ? [] : idsOf(root)).toHaveLength(201);
    expect(root?.holdsUp).toBe(200);
  });

  it('counts a queue behind one that waits itself as held up by its root', () => {
    const queue = [wait(2, 1), ...[3, 4, 5, 6, 7, 8].map((id) => wait(id, 2))];
    expect(blockerForest(queue).map(({ id, holdsUp, waiters }) => [id, holdsUp, waiters[0]?.holdsUp])).toEqual([
      ['1', 7, 6],
    ]);
  });

  it('shows a queue once, however many hold up the one at its head, and counts it for each', () => {
    const holders = Array.from({ length: 100 }, (_, at) => wait(1, at + 1_000));
    const forest = blockerForest([...holders, ...[2, 3, 4].map((id) => wait(id, 1))]);
    expect(forest.map(({ holdsUp }) => holdsUp)).toEqual(holders.map(() => 4));
    expect(forest.flatMap(idsOf)).toHaveLength(100 + 100 + 3);
    expect(forest[0]?.waiters[0]?.waiters).toHaveLength(3);
  });

  it('has a root for each reason of a lock that no known session holds', () => {
    const unknown = (waiter: number, over: Partial<LockWait>): LockWait => ({
      ...wait(waiter, 1),
      blocker: null,
      ...over,
    });
    const forest = blockerForest([
      unknown(2, { reason: 'a' }),
      unknown(3, { reason: 'a' }),
      wait(4, 3),
      unknown(5, { reason: 'b', xa: ["'x'"] }),
    ]);
    expect(forest.map(({ id, holdsUp, reason, xa }) => [id, holdsUp, reason, xa])).toEqual([
      [null, 3, 'a', []],
      [null, 1, 'b', ["'x'"]],
    ]);
  });

  it('calls a root likely where it is not known to hold up anybody, and has it behind those that are', () => {
    const likely = { likely: true, reason: 'a' } as const;
    const forest = blockerForest([
      { ...wait(2, 1, 9), ...likely },
      { ...wait(3, 4), ...likely },
      wait(5, 4),
      wait(6, 7, 1),
    ]);
    expect(forest.map((root) => [root.id, root.likely, root.reason])).toEqual([
      ['4', false, null],
      ['7', false, null],
      ['1', true, 'a'],
    ]);
  });

  it('shows every session that waits, no matter who waits for whom', () => {
    const anId = fc.integer({ min: 1, max: 12 });
    const waits = fc.array(
      fc.tuple(anId, fc.option(anId), fc.boolean()).filter(([a, b]) => a !== b),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(waits, (pairs) => {
        const all = pairs.map(([waiter, blocker, likely]): LockWait => {
          if (blocker === null) return { ...wait(waiter, 1), blocker, reason: 'unknown' };
          return { ...wait(waiter, blocker), ...(likely && { likely, reason: 'unknown' }) };
        });
        const shown = new Set(blockerForest(all).flatMap(idsOf));
        expect(shown).toEqual(new Set(all.flatMap(({ waiter, blocker }) => [waiter, blocker])));
      }),
    );
  });
});

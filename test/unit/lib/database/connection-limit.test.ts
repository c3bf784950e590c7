import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectionLimit, type Leave, type Purpose } from '../../../../lib/database/connection-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Callers of one target, and what has become of each. */
function callers(connectionsPerTarget: number, waitSeconds = 5) {
  const enter = connectionLimit({ connectionsPerTarget, waitSeconds });
  const inside: { purpose: Purpose; number: number; leave: Leave }[] = [];
  const refused: { number: number; error: unknown }[] = [];
  let calls = 0;
  const call = (purpose: Purpose, target = 't'): number => {
    const number = ++calls;
    enter(target, purpose).then(
      (leave) => inside.push({ purpose, number, leave }),
      (error: unknown) => refused.push({ number, error }),
    );
    return number;
  };
  const leave = async (index = 0): Promise<void> => {
    inside.splice(index, 1)[0]?.leave();
    await settled();
  };
  const settled = () => vi.advanceTimersByTimeAsync(0);
  const numbers = () => inside.map(({ number }) => number);
  return { call, leave, settled, inside, numbers, refused };
}

describe('connectionLimit', () => {
  it('keeps one place of several for kills, and lets the first in line in first', async () => {
    const { call, leave, settled, numbers } = callers(3);
    for (let n = 0; n < 4; n++) call('look');
    await settled();
    expect(numbers()).toEqual([1, 2]);
    call('kill');
    await settled();
    expect(numbers()).toEqual([1, 2, 5]);

    await leave();
    expect(numbers()).toEqual([2, 5, 3]);
    await leave();
    expect(numbers()).toEqual([5, 3, 4]);
  });

  it('lets a kill that waits go before every look that waits', async () => {
    const { call, leave, settled, numbers } = callers(2);
    call('look');
    call('kill');
    call('look');
    call('kill');
    await settled();

    await leave();

    expect(numbers()).toEqual([2, 4]);
  });

  it('refuses with Retry-After who has waited in vain, and gives the place to the next all the same', async () => {
    const { call, leave, settled, numbers, refused } = callers(1);
    call('look');
    call('look');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(refused).toMatchObject([{ number: 2, error: { code: 'too-many-requests', status: 429, retryAfter: 5 } }]);
    call('look');
    await settled();

    await leave();

    expect(numbers()).toEqual([3]);
  });

  it('refuses at once where too many wait, and still takes kills', async () => {
    const { call, leave, settled, refused, numbers } = callers(1);
    for (let n = 0; n < 18; n++) call('look');
    const kill = call('kill');
    await settled();
    expect(refused).toMatchObject([{ number: 18, error: { code: 'too-many-requests' } }]);

    await leave();

    expect(numbers()).toEqual([kill]);
  });

  it('holds no target back for another, and counts a place that is given back twice once', async () => {
    const { call, settled, inside, numbers } = callers(1);
    call('look', 'a');
    call('look', 'b');
    call('look', 'a');
    call('look', 'a');
    await settled();
    expect(numbers()).toEqual([1, 2]);

    inside[0]?.leave();
    inside[0]?.leave();
    await settled();

    expect(numbers()).toEqual([1, 2, 3]);
  });

  it('never lets more in than it may, nor anyone past one of the same kind, no matter who comes, leaves or gives up', async () => {
    const step = fc.oneof(
      fc.constantFrom<Purpose>('look', 'kill'),
      fc.record({ leave: fc.nat(9) }),
      fc.record({ pass: fc.integer({ min: 1, max: 3_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (places, steps) => {
        const { call, leave, settled, inside, numbers, refused } = callers(places);
        const waiting: Record<Purpose, number[]> = { look: [], kill: [] };
        for (const one of steps) {
          const before = new Set(numbers());
          if (typeof one === 'string') waiting[one].push(call(one));
          else if ('leave' in one) await leave(one.leave % Math.max(1, inside.length));
          else await vi.advanceTimersByTimeAsync(one.pass);
          await settled();

          const looks = inside.filter(({ purpose }) => purpose === 'look').length;
          expect(inside.length).toBeLessThanOrEqual(places);
          expect(looks).toBeLessThanOrEqual(Math.max(1, places - 1));
          const gone = new Set(refused.map(({ number }) => number));
          for (const purpose of ['look', 'kill'] as const)
            waiting[purpose] = waiting[purpose].filter((n) => !gone.has(n));
          for (const { number, purpose } of inside)
            if (!before.has(number)) expect(waiting[purpose].shift()).toBe(number);
          // Nobody waits while there is a place for them.
          if (waiting.kill.length > 0) expect(inside.length).toBe(places);
          if (waiting.look.length > 0 && inside.length < places) expect(looks).toBe(places - 1);
        }
        while (inside.length > 0) await leave();
        for (let n = 0; n < places; n++) call('kill');
        await settled();
        expect(inside.length).toBe(places);
      }),
      { numRuns: 300 },
    );
  });
});

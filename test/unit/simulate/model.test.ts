import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monthlyCost, ptKillMachine } from '../../simulate/cost.ts';
import { Heap } from '../../simulate/heap.ts';
import { type Inputs, readInputs } from '../../simulate/inputs.ts';
import type { Measured } from '../../simulate/measured.ts';
import { simulate } from '../../simulate/model.ts';

const RUN = { took: 30, cpu: 5, writeUnits: 3, readUnits: 1 };
const MEASURED: Measured = {
  date: '2026-11-24',
  machine: 'a test',
  roundTrip: 1,
  victims: 5,
  engines: [
    { engine: 'a', quiet: [RUN], busy: [{ ...RUN, took: 60, writeUnits: 30 }] },
    { engine: 'b', quiet: [{ ...RUN, took: 40 }], busy: [RUN] },
  ],
  ptKill: { version: '3', bytes: 20 * 2 ** 20, cpuEachLook: 1, daemons: 1 },
};
const given = await readInputs(new URL('../../simulate/inputs.yaml', import.meta.url).pathname);
const inputs = (fleet: Partial<Inputs['fleet']> = {}, lambda: Partial<Inputs['lambda']> = {}): Inputs => ({
  ...given,
  fleet: { ...given.fleet, minutes: 10, ...fleet },
  lambda: { ...given.lambda, ...lambda },
});

describe('a simulated fleet', () => {
  it('plays the same for the same seed, and otherwise for another', () => {
    const play = (seed: number) => simulate(300, inputs({ busyShare: 0.2 }), MEASURED, seed);

    expect(play(1)).toEqual(play(1));
    expect(play(2)).not.toEqual(play(1));
  });

  it('does every healthy turn once, by so many batches and units as that takes', () => {
    const usage = simulate(200, inputs({ illShare: 0, busyShare: 0 }), MEASURED, 1);

    expect(usage.lateness).toHaveLength(2_000);
    expect(usage.writeUnits).toBe(6_000);
    expect(usage.readUnits).toBe(2_000);
    expect(usage.batches).toBeGreaterThanOrEqual(200);
    expect(usage.missed).toBe(0);
    expect(Math.min(...usage.lateness)).toBeGreaterThan(0.03);
  });

  it('is later with fewer workers, and never has more than it may', () => {
    const play = (maxConcurrency: number) =>
      simulate(2_000, inputs({ illShare: 0 }, { maxConcurrency, startConcurrency: maxConcurrency }), MEASURED, 1);
    const [one, many] = [play(1), play(20)];

    expect([one.peak, many.peak <= 20]).toEqual([1, true]);
    expect(one.lateness.at(-1)).toBeGreaterThan(Number(many.lateness.at(-1)) * 2);
  });

  it('tells when a fleet is too large for its workers', () => {
    const usage = simulate(20_000, inputs({ minutes: 3 }, { maxConcurrency: 1 }), MEASURED, 1);

    expect(usage.missed).toBeGreaterThan(0);
  });

  it('tries an ill target again until the queue gives it up, and costs the others nothing but a worker', () => {
    const ill = simulate(100, inputs({ illShare: 0.1 }), MEASURED, 1);
    const well = simulate(100, inputs({ illShare: 0 }), MEASURED, 1);

    expect(ill.lateness.length).toBeLessThan(well.lateness.length);
    expect(ill.workerSeconds).toBeGreaterThan(well.workerSeconds + 100);
    expect(ill.missed).toBe(0);
  });

  it('reads a secret once for each environment and its time', () => {
    const play = (secretKept: number) =>
      simulate(100, inputs({ illShare: 0 }, { secretKept, maxConcurrency: 1, startConcurrency: 1 }), MEASURED, 1);
    const lists = 2;

    expect(play(3_600).secretsCalls).toBe(100 + lists);
    expect(play(90).secretsCalls).toBe(500 + lists);
  });
});

describe('its bill', () => {
  it('is the sum of what was used, for a month', () => {
    const usage = simulate(100, inputs({ illShare: 0, busyShare: 0 }), MEASURED, 1);
    const writes = monthlyCost(usage, inputs()).find(({ what }) => what === 'DynamoDB, writes');

    expect(writes?.amount).toBe(300 * 43_800);
    expect(writes?.cost).toBeCloseTo(300 * 43_800 * given.prices.dynamoWriteUnit, 6);
  });

  it('is beside the smallest machine that holds a pt-kill for each', () => {
    expect(ptKillMachine(50, inputs(), MEASURED)).toMatchObject({ machine: 't4g.small' });
    expect(ptKillMachine(100_000, inputs(), MEASURED)).toMatchObject({ machine: 'none of the list' });
    const busy = { ...MEASURED, ptKill: { ...MEASURED.ptKill, bytes: 1, cpuEachLook: 30_000 } };
    expect(ptKillMachine(2, inputs(), busy)).toMatchObject({ machine: 't4g.xlarge' });
  });
});

it('a heap gives what it was given, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((number) => number);
      for (const number of numbers) heap.push(number);
      expect(numbers.map(() => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});

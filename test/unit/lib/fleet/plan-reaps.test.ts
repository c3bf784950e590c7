import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../../../functions/plan-reaps.ts';
import type { PlannerServices } from '../../../../functions/wiring/planner-services.ts';
import { planReaps, scheduledMinute } from '../../../../lib/fleet/plan-reaps.ts';
import { parseReapOrder, type ReapOrder } from '../../../../lib/fleet/reap-order.ts';
import { type Reaper, reaperSchema } from '../../../../lib/reaper/policy-schema.ts';

const aReaper = (more: Partial<Record<keyof Reaper, unknown>> = {}): Reaper =>
  reaperSchema.parse({ name: 'idle', targets: ['*'], kill: 'connection', match: { idle: '10m' }, ...more });
const NOON = new Date('2026-11-24T12:00:00Z');
const at = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);

describe('plan-reaps', () => {
  it('plans each reaper on the targets that its globs name, with all that a message needs', () => {
    const reapers = [aReaper({ targets: ['shop-*', 'crm'] }), aReaper({ name: 'all' })];

    const orders = planReaps(reapers, ['shop-1', 'crm', 'hr'], NOON, false);

    const shared = { dueAt: '2026-11-24T12:00:00.000Z', planId: '2026-11-24T12:00Z' };
    expect(orders).toEqual([
      { target: 'shop-1', reaper: 'idle', ...shared },
      { target: 'crm', reaper: 'idle', ...shared },
      ...['shop-1', 'crm', 'hr'].map((target) => ({ target, reaper: 'all', ...shared })),
    ]);
    expect(orders.map((order) => parseReapOrder(JSON.stringify(order)))).toEqual(orders);
  });

  it('plans every run of a reaper in exactly one minute, whatever its interval and wherever one begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 86_400 }), fc.nat(1_000_000), (every, start) => {
        const dues: string[] = [];
        for (let minute = start; minute < start + 200; minute++)
          for (const { dueAt } of planReaps([aReaper({ every: `${every}s` })], ['a'], at(minute), false))
            dues.push(dueAt);
        const expected =
          Math.floor(at(start + 199).getTime() / 1000 / every) -
          Math.ceil((at(start).getTime() / 1000 - 59) / every) +
          1;
        expect(dues).toHaveLength(expected);
        expect(new Set(dues)).toHaveLength(dues.length);
        for (const [place, due] of dues.entries())
          if (place > 0) expect(Date.parse(due) - Date.parse(dues[place - 1] ?? '')).toBe(every * 1000);
      }),
    );
  });

  it('plans nothing for a rule that has expired, and while all is stopped only dry runs', () => {
    const reapers = [
      aReaper({ until: '2026-11-23' }),
      aReaper({ name: 'last-day', until: '2026-11-24', mode: 'enforce' }),
      aReaper({ name: 'dry' }),
    ];
    const names = (stopped: boolean) => planReaps(reapers, ['a'], NOON, stopped).map(({ reaper }) => reaper);

    expect(names(false)).toEqual(['last-day', 'dry']);
    expect(names(true)).toEqual(['dry']);
  });

  it('plans by the time of the schedule, not by its own: twice or late, it sends the same', async () => {
    const sent: (readonly ReapOrder[])[] = [];
    const handler = createHandler(
      async () =>
        ({
          config: { reapers: [aReaper({ every: '1m' })] },
          targets: { list: async () => [{ name: 'a' }, { name: 'b' }] },
          stopped: async () => false,
          queue: { send: async (orders: readonly ReapOrder[]) => void sent.push(orders) },
        }) as unknown as PlannerServices,
    );

    expect(await handler({ time: '2026-11-24T12:00:00Z' })).toEqual({ planned: 2 });
    expect(await handler({ time: '2026-11-24T12:00:41Z', source: 'aws.events' })).toEqual({ planned: 2 });

    expect(sent[1]).toEqual(sent[0]);
  });

  it.each([{}, null, { time: 'now' }, { time: '2026-13-24T12:00:00Z' }, { time: '2026-11-24T12:00:00+09:00' }])(
    'refuses an event without the time of the schedule: %j',
    (event) => expect(() => scheduledMinute(event)).toThrow(expect.objectContaining({ code: 'request-invalid' })),
  );
});

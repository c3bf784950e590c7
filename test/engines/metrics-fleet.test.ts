import { describe, expect, it } from 'vitest';
import * as planReaps from '../../functions/plan-reaps.ts';
import * as reapTarget from '../../functions/reap-target.ts';
import * as sweepAudit from '../../functions/sweep-audit.ts';
import type { ReapOrder } from '../../lib/fleet/reap-order.ts';
import { anIntent } from '../contract/an-intent.ts';
import { emitting } from '../support/emitted.ts';
import { servicesFor } from './a-server.ts';
import { engines } from './engines.ts';
import { metricsOn } from './metrics-on.ts';

/** A minute at which each of the rules is due. */
const HOUR_AGO = new Date(Math.floor(Date.now() / 300_000 - 12) * 300_000).toISOString();

describe.each(engines)('metrics of the fleet on $name', ({ url = '' }) => {
  const { on, services, open, counted } = metricsOn(url);

  it.skipIf(!url)('reapers: runs by mode, victims, and those that a limit held', async () => {
    await open();
    await open();
    const run = (reaper: string) => reapTarget.createHandler(services)({ target: 'local', reaper });

    await run('told');
    expect(counted()).toEqual({ Canaries: 1, ReaperRuns: 1, ReaperVictims: 2 });
    expect(on.values('ReaperVictims', { mode: 'dry-run' })).toEqual([2]);

    on.lines.length = 0;
    await run('few');
    expect(counted()).toEqual({ Canaries: 1, ReaperRuns: 1, ReaperVictims: 0, ReapersHeld: 1 });
    expect(on.values('ReapersHeld', { limit: 'perRun' })).toEqual([1]);
    expect(on.logged()).toMatchObject([{ level: 'ERROR', message: 'reaper held', correlationId: expect.any(String) }]);

    on.lines.length = 0;
    await run('enforced');
    expect(counted()).toEqual({ Canaries: 1, ReaperRuns: 1, ReaperVictims: 2, Kills: 2 });
    expect(on.values('ReaperRuns', { mode: 'enforce' })).toEqual([1]);
    expect(on.values('Kills', { outcome: 'terminated' })).toEqual([2]);
  });

  it.skipIf(!url)('orders planned, orders late, and a sweep that finds nothing open', async () => {
    const sent: ReapOrder[] = [];
    const queue = {
      send: async (orders: readonly ReapOrder[]) => void sent.push(...orders),
      hide: async () => {},
      done: async () => {},
    };
    await planReaps.createHandler(async () => ({ ...(await services()), queue }))({ time: HOUR_AGO });
    expect(counted()).toEqual({ OrdersPlanned: 3 });

    on.lines.length = 0;
    const fleet = async () => ({ ...(await services()), queue });
    const attributes = { ApproximateReceiveCount: '1' };
    const record = { messageId: 'm1', receiptHandle: 'r', body: JSON.stringify(sent[0]), attributes };
    await reapTarget.createHandler(services, fleet)({ Records: [record] });
    expect(counted()).toEqual({ TargetsLate: 1 });
    expect(on.values('TargetsLate', { cause: 'queue' })).toEqual([1]);

    on.lines.length = 0;
    await sweepAudit.createHandler(services)({});
    expect(on.values('OpenIntents')).toEqual([0]);
    expect(on.values('OldestOpenIntent')).toEqual([0]);
  });
});

describe('metrics of a sweep', () => {
  const on = emitting();

  it('tell how many intents it left open, and the age of the oldest', async () => {
    const services = servicesFor('mysql://nobody@127.0.0.1:1');
    const { audit } = services;
    for (const _ of [1, 2]) await audit.begin(anIntent({ target: 'local' }));
    const at = new Date(Date.now() - 3_600_000).toISOString();
    audit.records.splice(0, 2, ...audit.records.map((record) => ({ ...record, at })));

    await sweepAudit.createHandler(async () => services)({});

    expect(on.values('OpenIntents')).toEqual([2]);
    expect(on.values('OldestOpenIntent')[0]).toBeGreaterThanOrEqual(3_600);
  });
});

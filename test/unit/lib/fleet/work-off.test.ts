import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config.ts';
import { AppError, type ErrorCode } from '../../../../lib/errors.ts';
import { createMemoryLeaseStore } from '../../../../lib/fleet/memory-lease-store.ts';
import type { ReapOrder } from '../../../../lib/fleet/reap-order.ts';
import { workOff } from '../../../../lib/fleet/work-off.ts';
import type { FleetServices } from '../../../../lib/fleet-services.ts';
import type { ReapReport } from '../../../../lib/reaper/report.ts';
import type { runScheduled } from '../../../../lib/reaper/run-scheduled.ts';

const DUE = Date.parse('2026-11-24T12:00:00Z');
const ORDER: ReapOrder = {
  target: 'shop',
  reaper: 'idle',
  dueAt: '2026-11-24T12:00:00.000Z',
  planId: '2026-11-24T12:00Z',
};
const CONFIG = "reapers: [{ name: idle, every: 5m, targets: ['*'], kill: connection, match: { idle: 10m } }]";

describe('a message is worked off', () => {
  let time: number;
  let runs: number;
  let services: FleetServices;
  const running =
    (code: ErrorCode | null = null): typeof runScheduled =>
    async (_services, _order, { beforeKill = async () => {} } = {}) => {
      runs++;
      await beforeKill();
      return { victims: code === null ? [] : [{ code }] } as unknown as ReapReport;
    };
  const failing =
    (error: Error): typeof runScheduled =>
    async () => {
      runs++;
      throw error;
    };
  const work = (receives = 1, run = running(), order = ORDER) =>
    workOff(services, order, { messageId: 'm', receives }, () => time, run);

  beforeEach(() => {
    [time, runs] = [DUE, 0];
    services = { config: parseConfig(CONFIG, 'test'), leases: createMemoryLeaseStore(() => time) } as FleetServices;
  });

  it('once, however often it comes and however late', async () => {
    expect(await work()).toEqual({ end: 'done' });
    expect(await work()).toEqual({ end: 'doubled' });
    time += 3_000_000;
    expect(await work(2)).toEqual({ end: 'doubled' });
    expect(runs).toBe(1);
  });

  it('not at all once the next one is due, which takes its place', async () => {
    time = DUE + 300_001;
    expect(await work()).toEqual({ end: 'late' });
    expect(runs).toBe(0);
  });

  it('on the way to the dead-letter queue without another try when it failed and is late by now', async () => {
    await work(1, failing(new AppError('target-denied')));
    time = DUE + 300_001;
    expect(await work(2)).toEqual({ end: 'back', code: 'late-after-failure', seconds: 0 });
    expect(runs).toBe(1);
  });

  it('again and later each time while its target fails, a victim of unknown fate included', async () => {
    expect(await work(1, failing(new AppError('target-unreachable')))).toEqual({
      end: 'back',
      code: 'target-unreachable',
      seconds: 10,
    });
    time += 1_001;
    expect(await work(2, running('target-timeout'))).toEqual({ end: 'back', code: 'target-timeout', seconds: 20 });
    time += 1_001;
    expect(await work(9, failing(new Error('x')))).toEqual({ end: 'back', code: 'internal', seconds: 300 });
    time += 1_001;
    expect(await work(3)).toEqual({ end: 'done' });
  });

  it('by one at a time for each target, whatever the reaper; the others come back', async () => {
    let finish = () => {};
    const first = work(1, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { victims: [] } as unknown as ReapReport;
    });
    await sleep(0);
    expect(await work(2)).toEqual({ end: 'back', code: 'target-busy', seconds: 20 });
    expect(await work(1, running(), { ...ORDER, target: 'other' })).toEqual({ end: 'done' });
    finish();
    expect(await first).toEqual({ end: 'done' });
  });

  it('and ends nothing where the lease was lost before the kills', async () => {
    const slow: typeof runScheduled = async (all, order, more) => {
      time += 3_600_000;
      return running()(all, order, more);
    };
    expect(await work(1, slow)).toMatchObject({ end: 'back', code: 'state-unavailable' });
  });

  it('by another when its worker has died', async () => {
    await services.leases.acquire('target#shop', 40);
    await services.leases.acquire(`done#${ORDER.dueAt}#idle#shop`, 1);
    time += 39_000;
    expect(await work(2)).toMatchObject({ end: 'back', code: 'target-busy' });
    time += 1_000;
    expect(await work(3)).toEqual({ end: 'done' });
  });

  it.each(['kills-stopped', 'target-not-found', 'reaper-not-found'] as const)('and given up for %s', async (code) => {
    expect(await work(1, failing(new AppError(code)))).toEqual({ end: 'void', code });
  });
});

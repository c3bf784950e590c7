import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { AppError, type ErrorCode } from '../../../../lib/errors.ts';
import type { ReapOrder } from '../../../../lib/fleet/reap-order.ts';
import { workOff } from '../../../../lib/fleet/work-batch.ts';
import type { runScheduled } from '../../../../lib/reaper/reap.ts';
import type { ReapReport } from '../../../../lib/reaper/report.ts';
import type { Services } from '../../../../lib/services.ts';

const DUE = Date.parse('2026-11-24T12:00:00Z');
const ORDER: ReapOrder = {
  target: 'shop',
  reaper: 'idle',
  dueAt: '2026-11-24T12:00:00.000Z',
  planId: '2026-11-24T12:00Z',
};
const CONFIG = "reapers: [{ name: idle, every: 5m, targets: ['*'], kill: connection, match: { idle: 10m } }]";
const SERVICES = { config: parseConfig(CONFIG, 'test') } as Services;

describe('a message is worked off', () => {
  let time: number;
  let runs: number;
  const running =
    (code: ErrorCode | null = null): typeof runScheduled =>
    async () => {
      runs++;
      return { victims: code === null ? [] : [{ code }] } as unknown as ReapReport;
    };
  const failing =
    (error: Error): typeof runScheduled =>
    async () => {
      runs++;
      throw error;
    };
  const work = (receives = 1, run = running()) =>
    workOff(SERVICES, ORDER, { messageId: 'm', receives }, () => time, run);

  beforeEach(() => {
    [time, runs] = [DUE, 0];
  });

  it('by one run', async () => {
    expect(await work()).toEqual({ end: 'done' });
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
    expect(await work(2)).toEqual({ end: 'retry', code: 'late-after-failure', seconds: 0 });
    expect(runs).toBe(1);
  });

  it('again and later each time while its target fails, a victim of unknown fate included', async () => {
    expect(await work(1, failing(new AppError('target-unreachable')))).toEqual({
      end: 'retry',
      code: 'target-unreachable',
      seconds: 10,
    });
    expect(await work(2, running('target-timeout'))).toEqual({ end: 'retry', code: 'target-timeout', seconds: 20 });
    expect(await work(9, failing(new Error('x')))).toEqual({ end: 'retry', code: 'internal', seconds: 300 });
    expect(await work(3)).toEqual({ end: 'done' });
  });

  it.each(['kills-stopped', 'target-not-found', 'reaper-not-found'] as const)('and given up for %s', async (code) => {
    expect(await work(1, failing(new AppError(code)))).toEqual({ end: 'obsolete', code });
  });
});

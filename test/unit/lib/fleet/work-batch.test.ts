import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { type ReapBatch, workBatch } from '../../../../lib/fleet/work-batch.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';

const CONFIG = "reapers: [{ name: idle, every: 1h, targets: ['*'], kill: connection, match: { idle: 10m } }]";
const DUE = '2026-11-24T12:00:00.000Z';

beforeEach(() => vi.useFakeTimers({ now: Date.parse(DUE) }));
afterEach(() => vi.useRealTimers());

const messages = (...orders: readonly { readonly target: string; readonly reaper: string }[]): ReapBatch =>
  ({
    Records: orders.map((order, at) => ({
      messageId: `m${at}`,
      receiptHandle: `h${at}`,
      body: JSON.stringify({ ...order, dueAt: DUE, planId: '2026-11-24T12:00Z' }),
      attributes: { ApproximateReceiveCount: '1' },
    })),
  }) as unknown as ReapBatch;

/** Runs a batch whose targets are found one after the other, as `finds` says. */
function working(batch: ReapBatch, finds: readonly (() => Promise<undefined>)[] = []) {
  const base = scriptedServices(CONFIG, { looks: [[]] }).services;
  const told: string[] = [];
  let found = 0;
  const services = {
    ...base,
    targets: { ...base.targets, find: async () => finds[found++]?.() },
    queue: {
      send: async () => {},
      hide: async (handle: string, seconds: number) => void told.push(`hide ${handle} ${seconds}`),
      done: async (handles: readonly string[]) => void told.push(...handles.map((handle) => `done ${handle}`)),
    },
  };
  return { told, answer: workBatch(services, batch) };
}

it('deletes what is done while another of its batch goes on, so that no target waits for one that hangs', async () => {
  const slow = Promise.withResolvers<undefined>();
  const batch = messages({ target: 'quick', reaper: 'none' }, { target: 'slow', reaper: 'idle' });
  const { told, answer } = working(batch, [() => slow.promise]);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_001);
  expect(told).toEqual(['done h0']);
  slow.resolve(undefined);
  expect(await answer).toEqual({ batchItemFailures: [] });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual(['done h0']);
});

it('gives a target back only when no order of it is left in the batch, each that failed by itself', async () => {
  const second = Promise.withResolvers<undefined>();
  const shop = { target: 'shop', reaper: 'idle' };
  const { told, answer } = working(messages(shop, shop), [
    () => Promise.reject(new AppError('target-unreachable')),
    () => second.promise,
  ]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([]);
  second.resolve(undefined);
  expect(await answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
  expect(told).toEqual(['hide h0 10']);
});

it('gives back alone what is no order', async () => {
  const batch = messages({ target: 'shop', reaper: 'none' }, { target: 'shop', reaper: '' });
  expect(await working(batch).answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
});

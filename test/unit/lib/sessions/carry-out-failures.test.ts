import { describe, expect, it } from 'vitest';
import type { KillingDatabase, KillReply } from '../../../../lib/database/database.ts';
import { AppError } from '../../../../lib/errors.ts';
import type { Script } from '../../../support/scripted-database.ts';
import { aSession } from '../reaper/a-session.ts';
import { busy, carriedOut, orders } from './an-order.ts';

describe('a KILL that was not sent', () => {
  const there = [busy('40')];
  const elsewhere = [aSession({ id: '40', host: 'h:1' })];
  it.each<[KillReply, Script['looks'], string]>([
    ['denied', [there], 'target-privilege-missing'],
    ['gone', [[]], 'already-gone'],
    ['gone', [there], 'target-elsewhere'],
    ['gone', [elsewhere], 'changed'],
    ['no-match', [[]], 'already-gone'],
    ['no-match', [there], 'changed'],
    ['no-match', [elsewhere], 'changed'],
  ])('since the server said %s, with %j there now', async (reply, looks, outcome) => {
    const { outcomes } = await carriedOut(orders(1, 'connection'), { looks: looks ?? [], replies: [reply] });
    expect(outcomes).toEqual([outcome]);
  });

  it('proves that something else is there, and not that the demand was met', async () => {
    const gone = await carriedOut(orders(1, 'connection'), { looks: [elsewhere], replies: ['gone'] });
    expect(gone.answers).toMatchObject([{ outcome: 'changed', proven: true }]);
    const unequal = await carriedOut(orders(1, 'connection'), { looks: [there], replies: ['no-match'] });
    expect(unequal.answers).toMatchObject([{ outcome: 'changed', proven: false }]);
  });

  it('is never called changed or gone while the server does not show it in full', async () => {
    const inPart = aSession({ id: '40', command: 'Busy', readInPart: true });
    const { answers, records } = await carriedOut(orders(1, 'query'), { looks: [[inPart]], replies: ['no-match'] });
    expect(answers).toMatchObject([{ code: 'target-timeout', detail: expect.stringContaining('Nothing was sent') }]);
    expect(records).toMatchObject([{ outcome: 'failed', detail: 'target-timeout' }]);
  });

  it('fails by itself where the look after it fails', async () => {
    const { outcomes, records } = await carriedOut(orders(2, 'connection'), {
      looks: [new TypeError('x'), []],
      replies: ['no-match', 'sent'],
    });
    expect(outcomes).toEqual(['internal', 'terminated']);
    expect(records).toMatchObject([{ outcome: null }, { outcome: 'terminated' }]);
  });
});

describe('a connection that breaks', () => {
  const broken = new AppError('target-timeout');

  it('leaves open what it was sent with, and fails what was still to be sent', async () => {
    let calls = 0;
    const compareAndKill: KillingDatabase['compareAndKill'] = async () => {
      calls += 1;
      if (calls === 2) throw broken;
      return ['sent'];
    };
    const { answers, outcomes, records } = await carriedOut(orders(3, 'query'), { looks: [[]] }, { compareAndKill });
    expect(calls).toBe(2);
    expect(outcomes).toEqual(['query-cancelled', 'target-timeout', 'target-timeout']);
    expect(answers[1]).toMatchObject({ detail: expect.stringContaining('may have been carried out') });
    expect(answers[2]).toMatchObject({ detail: expect.stringContaining('Nothing was sent') });
    expect(records).toMatchObject([
      { outcome: 'query-cancelled' },
      { outcome: null, outcomeAt: null },
      { outcome: 'failed' },
    ]);
  });

  it('in an unforeseen way is an error of ours, with its cause', async () => {
    const cause = new TypeError('x');
    const { answers } = await carriedOut(orders(1, 'connection'), { replies: cause });
    expect(answers).toMatchObject([{ code: 'internal', cause }]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Database, KillReply } from '../../../../lib/database/database.ts';
import { AppError } from '../../../../lib/errors.ts';
import { carryOut, type Order } from '../../../../lib/sessions/carry-out.ts';
import type { KillResult } from '../../../../lib/sessions/outcome.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { type Script, scriptedDatabase } from '../../../support/scripted-database.ts';
import { aSession } from '../reaper/a-session.ts';
import { anOrder, busy, CONTEXT } from './an-order.ts';

const summary = (answer: KillResult | AppError | undefined) =>
  answer instanceof AppError ? answer.code : answer?.outcome;

async function carriedOut(orders: readonly Order[], script: Script, over: Partial<Database> = {}, context = CONTEXT) {
  const { database, sent } = scriptedDatabase(script);
  const audit = memoryAuditStore();
  const answers = await carryOut(audit, Object.assign(database, over), context, orders);
  return {
    answers: orders.map(({ index }) => answers.get(index)),
    outcomes: orders.map(({ index }) => summary(answers.get(index))),
    batches: sent.map(({ victims, kind }) => [kind, victims.length]),
    records: audit.records,
  };
}
const orders = (count: number, kind: 'connection' | 'query') =>
  Array.from({ length: count }, (_, index) => anOrder(index, kind));

describe('orders', () => {
  it('of none ask nobody for anything', async () => {
    const { database } = scriptedDatabase({ looks: [new AppError('target-timeout')] });
    const beginAll = () => Promise.reject(new AppError('audit-unavailable'));
    expect(await carryOut({ ...memoryAuditStore(), beginAll }, database, CONTEXT, [])).toEqual(new Map());
  });

  it('are on record before anything is sent, or nothing is', async () => {
    const { database, sent } = scriptedDatabase({});
    const beginAll = () => Promise.reject(new AppError('audit-unavailable'));
    await expect(
      carryOut({ ...memoryAuditStore(), beginAll }, database, CONTEXT, orders(1, 'connection')),
    ).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(sent).toEqual([]);
  });

  it('to end sessions go fifty at a time, statements one by one unless the server itself ends one exactly', async () => {
    const fifty = [
      ['connection', 50],
      ['connection', 50],
      ['connection', 1],
    ];
    expect((await carriedOut(orders(101, 'connection'), {})).batches).toEqual(fifty);
    const oneByOne = [
      ['query', 1],
      ['query', 1],
    ];
    expect((await carriedOut(orders(2, 'query'), {})).batches).toEqual(oneByOne);
    expect((await carriedOut(orders(2, 'query'), {}, { killsStatementsExactly: true })).batches).toEqual([
      ['query', 2],
    ]);
  });

  it('of both kinds are answered by their places, sessions first', async () => {
    const both = [anOrder(0, 'query'), anOrder(1, 'connection')];
    const { outcomes, batches } = await carriedOut(both, {});
    expect(batches).toEqual([
      ['connection', 1],
      ['query', 1],
    ]);
    expect(outcomes).toEqual(['query-cancelled', 'terminated']);
  });

  it('are recorded each with what became of it', async () => {
    const { answers, records } = await carriedOut(orders(2, 'connection'), {
      looks: [[]],
      replies: ['sent', 'denied'],
    });
    expect(records).toMatchObject([
      { outcome: 'terminated', proven: true },
      { outcome: 'failed', detail: 'target-privilege-missing' },
    ]);
    expect(answers).toMatchObject(records.map(({ id }) => ({ auditId: id })));
  });

  it('whose outcome cannot be written say that their record stays open', async () => {
    const { database } = scriptedDatabase({});
    for (const finishAll of [
      () => Promise.reject(new AppError('audit-unavailable')),
      async (outcomes: ReadonlyMap<string, unknown>) => [...outcomes.keys()],
    ]) {
      const answers = await carryOut({ ...memoryAuditStore(), finishAll }, database, CONTEXT, orders(1, 'connection'));
      expect([...answers.values()]).toMatchObject([
        { outcome: 'terminated', hint: expect.stringContaining('could not be recorded') },
      ]);
    }
    expect((await carriedOut(orders(1, 'connection'), {})).answers).toMatchObject([{ hint: null }]);
  });
});

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
    const compareAndKill: Database['compareAndKill'] = async () => {
      calls += 1;
      if (calls === 2) throw broken;
      return ['sent'];
    };
    const { answers, outcomes, records } = await carriedOut(orders(3, 'query'), { looks: [[]] }, { compareAndKill });
    expect(calls).toBe(2);
    expect(outcomes).toEqual(['query-cancelled', 'target-timeout', 'target-timeout']);
    expect(answers[1]).toMatchObject({ detail: expect.stringContaining('may have been carried out') });
    expect(answers[2]).toMatchObject({ detail: expect.stringContaining('Nothing was sent') });
    expect(records).toMatchObject([{ outcome: 'query-cancelled' }, { outcome: null }, { outcome: 'failed' }]);
  });

  it('in a way that nobody foresaw is an error of ours, with its cause', async () => {
    const cause = new TypeError('x');
    const { answers } = await carriedOut(orders(1, 'connection'), { replies: cause });
    expect(answers).toMatchObject([{ code: 'internal', cause }]);
  });
});

describe('a statement on a server that keeps a record', () => {
  it('is asked for at once, before the next statements push it out', async () => {
    const { answers } = await carriedOut([anOrder(0, 'query')], {
      looks: [new AppError('target-timeout')],
      records: ['cut-another'],
    });
    expect(answers).toMatchObject([{ outcome: 'cut-another', proven: true }]);
  });

  it('is looked for as on any other where the record cannot be read at once', async () => {
    const { answers } = await carriedOut(
      [anOrder(0, 'query')],
      { looks: [[busy('40')]], records: [] },
      { statementRecord: () => Promise.reject(new AppError('target-timeout')) },
    );
    expect(answers).toMatchObject([{ outcome: 'pending', proven: false }]);
  });

  it('is not asked for where the session was to be ended', async () => {
    const { answers } = await carriedOut([anOrder(0, 'connection')], { looks: [[]], records: ['cut-another'] });
    expect(answers).toMatchObject([{ outcome: 'terminated' }]);
  });
});

it('an escalation follows where it is asked for', async () => {
  const context = { ...CONTEXT, escalateAfter: 1 };
  const pending = anOrder(0, 'query');
  let killed = false;
  const compareAndKill: Database['compareAndKill'] = async (_victims, kind) => {
    killed = kind === 'connection';
    return ['sent'];
  };
  const find: Database['find'] = async () => (killed ? [] : [pending.victim.session]);
  expect((await carriedOut([pending], {}, { compareAndKill, find }, context)).outcomes).toEqual(['terminated']);
});

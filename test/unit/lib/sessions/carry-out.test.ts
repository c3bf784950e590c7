import { describe, expect, it } from 'vitest';
import type { Database } from '../../../../lib/database/database.ts';
import { AppError } from '../../../../lib/errors.ts';
import { carryOut } from '../../../../lib/sessions/carry-out.ts';
import { takeSamples } from '../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../support/emitted.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { scriptedDatabase } from '../../../support/scripted-database.ts';
import { anOrder, busy, CONTEXT, carriedOut, orders } from './an-order.ts';

emitting();

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

  it('that sent nothing are not looked for', async () => {
    takeSamples();
    await carriedOut(orders(1, 'connection'), { replies: ['denied'] });
    expect(takeSamples().map(({ name }) => name)).not.toContain('SettleLatency');
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

describe('a statement on a server that keeps a record', () => {
  it('is asked for at once, before the next statements push it out', async () => {
    const { answers } = await carriedOut([anOrder(0, 'query')], {
      looks: [new AppError('target-timeout')],
      records: ['cut-another'],
    });
    expect(answers).toMatchObject([{ outcome: 'cut-another', proven: true }]);
  });

  it('is looked for as on any other where the record cannot be read at once', async () => {
    const { answers, batches } = await carriedOut(
      [anOrder(0, 'query')],
      { looks: [[busy('40')]], records: [] },
      { statementRecord: () => Promise.reject(new AppError('target-timeout')) },
    );
    expect(answers).toMatchObject([{ outcome: 'pending', proven: false }]);
    expect(batches).toEqual([['query', 1]]);
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

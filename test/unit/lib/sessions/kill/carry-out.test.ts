import { describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../../lib/config/config.ts';
import type { KillingDatabase } from '../../../../../lib/database/database.ts';
import { AppError } from '../../../../../lib/errors.ts';
import { carryOut } from '../../../../../lib/sessions/kill/carry-out.ts';
import type { Order } from '../../../../../lib/sessions/kill/judge.ts';
import type { KillKind, Session } from '../../../../../lib/sessions/session.ts';
import { takeSamples } from '../../../../../lib/telemetry/samples.ts';
import { emitting } from '../../../../support/emitted.ts';
import { scriptedDatabase } from '../../../../support/scripted-database.ts';
import { aSession, running } from '../../reaper/a-session.ts';
import { anOrder, busy, CONTEXT, carriedOut, doorWith, orders } from '../an-order.ts';

emitting();

describe('orders', () => {
  it('of none ask for nothing', async () => {
    const { database } = scriptedDatabase({ looks: [new AppError('target-timeout')] });
    const beginAll = () => Promise.reject(new AppError('audit-unavailable'));
    expect(await carryOut(doorWith({ beginAll }), database, CONTEXT, [])).toEqual(new Map());
  });

  it('are on record before anything is sent, or nothing is', async () => {
    const { database, sent } = scriptedDatabase({});
    const beginAll = () => Promise.reject(new AppError('audit-unavailable'));
    await expect(carryOut(doorWith({ beginAll }), database, CONTEXT, orders(1, 'connection'))).rejects.toMatchObject({
      code: 'audit-unavailable',
    });
    expect(sent).toEqual([]);
  });

  it('to end sessions go fifty at a time to a slow server, and twice as many where their packets are quick', async () => {
    const sizes = async () => (await carriedOut(orders(651, 'connection'), {})).batches.map(([, size]) => size);
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now++ * 1000);
    expect(await sizes()).toEqual([...Array.from({ length: 13 }, () => 50), 1]);
    clock.mockImplementation(() => now);
    expect(await sizes()).toEqual([50, 100, 200, 301]);
    clock.mockRestore();
  });

  it('to end statements go one by one unless the server itself ends one exactly', async () => {
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
      const answers = await carryOut(doorWith({ finishAll }), database, CONTEXT, orders(1, 'connection'));
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
  const compareAndKill: KillingDatabase['compareAndKill'] = async (_victims, kind) => {
    killed = kind === 'connection';
    return ['sent'];
  };
  const find: KillingDatabase['find'] = async () => (killed ? [] : [pending.victim.session]);
  expect((await carriedOut([pending], {}, { compareAndKill, find }, context)).outcomes).toEqual(['terminated']);
});

describe('the stop switch, thrown in the midst of a call', () => {
  /** Thrown once it has been asked so often. */
  const thrownAfter = (asked: number) => {
    let left = asked;
    return async () => left-- <= 0;
  };

  it('keeps every later batch from being sent, and each of those victims is on record as refused', async () => {
    const { batches, outcomes, answers, records } = await carriedOut(orders(120, 'connection'), {}, {}, CONTEXT, {
      stopped: thrownAfter(1),
    });
    expect(batches).toEqual([['connection', 50]]);
    expect(outcomes).toEqual([...Array(50).fill('terminated'), ...Array(70).fill('kills-stopped')]);
    expect(answers[119]).toMatchObject({ auditId: records[119]?.id });
    const refused = { outcome: 'refused', proven: false, detail: 'kills-stopped' };
    expect(records.slice(50)).toMatchObject(Array(70).fill(refused));
  });

  it.each([
    ['is thrown', async () => true],
    ['cannot be read', () => Promise.reject(new Error('no network'))],
  ])('keeps all back where it %s', async (_, stopped) => {
    const both = [anOrder(0, 'query'), anOrder(1, 'connection')];
    const { batches, outcomes } = await carriedOut(both, {}, {}, CONTEXT, { stopped });
    expect([batches, outcomes]).toEqual([[], ['kills-stopped', 'kills-stopped']]);
  });

  it('keeps one from being compared again', async () => {
    const { batches, outcomes, records } = await carriedOut(
      orders(1, 'connection'),
      { looks: [[busy('40')]], replies: ['no-match'] },
      {},
      CONTEXT,
      { stopped: thrownAfter(1) },
    );
    expect([batches.length, outcomes]).toEqual([1, ['kills-stopped']]);
    expect(records).toMatchObject([{ outcome: 'refused' }]);
  });

  it('keeps an escalation back, whose own record says so', async () => {
    const order = anOrder(0, 'query');
    const { batches, outcomes, records } = await carriedOut(
      [order],
      { looks: [[order.victim.session]] },
      {},
      { ...CONTEXT, escalateAfter: 1 },
      { stopped: thrownAfter(1) },
    );
    expect([batches, outcomes]).toEqual([[['query', 1]], ['pending']]);
    expect(records).toMatchObject([
      { kind: 'query', outcome: 'pending' },
      { kind: 'connection', outcome: 'refused', detail: 'kills-stopped' },
    ]);
  });
});

describe('where tags are required', () => {
  const config = parseConfig('requireTags: true', 'test');
  const session = aSession({ id: '40', host: '10.0.0.7:5', command: 'Query', statement: running('SELECT 1') });
  const of = (kind: KillKind, over: Partial<Session> = {}): Order => ({
    ...anOrder(0, kind),
    victim: { session: { ...session, ...over }, compareStatement: kind === 'query' },
  });
  const unnamed = { statement: { text: 'SELECT 1', digest: 'd', id: null, startedAt: 1 } };

  it.each([
    ['a statement that has no identity of its own', of('query', unnamed), /text and age/],
    ['a session whose client has no port', of('connection', { host: 'localhost' }), /no port/],
  ])('%s is refused and on record, no matter who asks', async (_, order, detail) => {
    const { batches, answers, records } = await carriedOut([order], {}, {}, CONTEXT, { config });
    expect(batches).toEqual([]);
    expect(answers).toMatchObject([{ code: 'identity-approximate', detail: expect.stringMatching(detail) }]);
    expect(records).toMatchObject([{ outcome: 'refused', detail: 'identity-approximate' }]);
    expect((await carriedOut([order], {})).batches).toHaveLength(1);
  });

  it('what is told apart for certain is ended', async () => {
    expect((await carriedOut([of('query'), of('connection', unnamed)], {}, {}, CONTEXT, { config })).batches).toEqual([
      ['connection', 1],
      ['query', 1],
    ]);
  });
});

describe('a protected victim', () => {
  const of = (over: Parameters<typeof aSession>[0]): Order => {
    const order = anOrder(0, 'connection');
    return { ...order, victim: { session: aSession(over), compareStatement: false } };
  };
  const yaml = 'protected: { users: [kept] }';

  it.each([
    ['our own connection', { id: '1' }],
    ['a user of the server', { user: 'event_scheduler' }],
    ['none', { user: null }],
    ['a user that the configuration protects', { user: 'kept' }],
    ['replication', { command: 'Binlog Dump' }],
  ])('handed straight to the door is refused and on record: %s', async (_, over) => {
    const { batches, answers, records } = await carriedOut([of(over), anOrder(1, 'connection')], {}, {}, CONTEXT, {
      config: parseConfig(yaml, 'test'),
    });
    expect(batches).toEqual([['connection', 1]]);
    expect(answers).toMatchObject([{ code: 'protected', auditId: records[0]?.id }, { outcome: 'terminated' }]);
    expect(records).toMatchObject([
      { outcome: 'refused', detail: expect.stringMatching(/^[A-Z].*\.$/) },
      { outcome: 'terminated' },
    ]);
  });

  it('that serves replication is let through where a rule takes it in, and no other is', async () => {
    const config = parseConfig(yaml, 'test');
    const exceptions = { replication: true };
    const repl = await carriedOut([of({ command: 'Binlog Dump' })], {}, {}, CONTEXT, { config }, exceptions);
    expect(repl.outcomes).toEqual(['terminated']);
    const kept = await carriedOut(
      [of({ command: 'Binlog Dump', user: 'kept' })],
      {},
      {},
      CONTEXT,
      { config },
      exceptions,
    );
    expect([kept.batches, kept.outcomes]).toEqual([[], ['protected']]);
  });
});

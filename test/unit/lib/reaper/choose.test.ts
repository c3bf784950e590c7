import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choose, classesOf, compileRule } from '../../../../lib/reaper/choose.ts';
import type { Snapshot } from '../../../../lib/reaper/facts.ts';
import type { Reaper } from '../../../../lib/reaper/policy-schema.ts';
import type { Session, UnknownName } from '../../../../lib/sessions/session.ts';
import { aReaper, aSession, aSnapshot, aWait, factsOn, running } from './a-session.ts';

const ids = (rule: Record<string, unknown>, sessions: readonly Session[], over: Partial<Snapshot> = {}) =>
  choose(compileRule(aReaper(rule)), aSnapshot(sessions, over), ['kept_*']).victims.map(({ session }) => session.id);
/** A session of which the server keeps a field to itself. */
const hiding = (field: UnknownName, over: Parameters<typeof aSession>[0] = {}) =>
  aSession({ ...over, unknown: [{ field, why: 'Hidden.' }] });
const busy = (time: number | null, over = {}) =>
  aSession({ command: 'Query', time, statement: running('SELECT 1'), ...over });

describe('a rule takes a session', () => {
  it.each([
    ['idle for long enough', { idle: '10m' }, aSession({ time: 600 }), true],
    ['idle a second too short', { idle: '10m' }, aSession({ time: 599 }), false],
    ['busy, whatever an idle limit says', { idle: '10m' }, busy(9_000), false],
    ['idle of unknown time', { idle: '0s' }, aSession({ time: null }), false],
    ['busy for long enough', { busy: '1m' }, busy(60), true],
    ['busy in a command that is not one of those', { busy: '1m' }, busy(60, { command: 'Connect' }), false],
    ['of another user', { user: 'report' }, aSession(), false],
    ['of one of several users', { user: ['report', 'a*'] }, aSession(), true],
    ['whose database is absent', { db: '*' }, aSession({ db: null }), false],
    ['whose database is absent, by a negation', { not: { db: 'shop' } }, aSession({ db: null }), true],
    ['whose database is not known, by a negation', { not: { db: 'shop' } }, hiding('db', { db: null }), false],
    ['that may be in a transaction', { inTransaction: false }, hiding('transaction'), false],
    ['that may be in a transaction, by a negation', { not: { transactionFor: '1s' } }, hiding('transaction'), false],
    ['of a network', { host: '10.0.0.0/24' }, aSession(), true],
    ['of another network', { host: '10.0.1.0/24' }, aSession(), false],
    ['of an address, its port left out', { host: '10.0.0.7' }, aSession(), true],
    ['with a transaction', { inTransaction: true }, aSession({ transaction: { id: null, state: 'A', time: 5 } }), true],
    [
      'with one of unknown age',
      { transactionFor: '1s' },
      aSession({ transaction: { id: null, state: 'A', time: null } }),
      false,
    ],
    ['without one, asked for its age', { not: { transactionFor: '1s' } }, aSession(), true],
    ['that may block, where locks are unknown', { blocking: true }, aSession(), false],
    ['that may not block, where locks are unknown', { blocking: false }, aSession(), false],
    ['of unknown memory', { memory: '1MB' }, aSession(), false],
    ['by a pattern anywhere in its statement', { info: '/LECT 1$/' }, busy(1), true],
    ['that meets one of several', { any: [{ user: 'x' }, { idle: '1m' }] }, aSession(), true],
    ['that is protected by the configuration', { user: '*' }, aSession({ user: 'kept_app' }), false],
    ['that has no user', { time: '1s' }, aSession({ user: null }), false],
    ['of the server itself', { time: '1s' }, aSession({ user: 'event_scheduler', command: 'Daemon' }), false],
  ])('%s: %j', (_title, match, session, taken) => {
    expect(ids({ match }, [session])).toEqual(taken ? ['42'] : []);
  });

  it('that serves replication only where the rule says so, and the vendor’s and protected ones never', () => {
    const dump = (user: string) => aSession({ user, command: 'Binlog Dump GTID' });
    expect(ids({}, [dump('repl')])).toEqual([]);
    expect(ids({ replication: true }, [dump('repl')])).toEqual(['42']);
    expect(ids({ replication: true }, [dump('rdsadmin')])).toEqual([]);
    expect(ids({ replication: true }, [dump('kept_repl')])).toEqual([]);
  });

  it('that blocks, or waits, as the locks say', () => {
    const sessions = ['1', '2', '3'].map((id) => aSession({ id }));
    const waits = [aWait('2', '1', 40), aWait('3', '2', null)];
    expect(ids({ match: { blocking: true } }, sessions, { waits })).toEqual(['2', '1']);
    expect(ids({ match: { blocking: false } }, sessions, { waits })).toEqual(['3']);
    expect(ids({ match: { blockedFor: '30s' } }, sessions, { waits })).toEqual(['2']);
  });
});

describe('what spares a session', () => {
  it('is any entry of ignore, and a doubt about a time', () => {
    expect(ids({ ignore: [{ user: 'b*' }, { host: '10.0.0.0/24' }] }, [aSession()])).toEqual([]);
    expect(ids({ ignore: [{ idle: '1h' }] }, [aSession({ time: null })])).toEqual([]);
    expect(ids({ ignore: [{ info: '/x/' }] }, [aSession()])).toEqual(['42']);
  });

  it('is that the server did not show it in full, since what it left out may be what is ignored', () => {
    const rule = { match: { user: 'app' }, ignore: [{ db: 'payroll' }] };
    const shown = aSession({ command: 'Busy', db: null });
    expect(ids(rule, [shown])).toEqual(['42']);
    expect(ids(rule, [{ ...shown, readInPart: true }])).toEqual([]);
  });

  it('is that it was ended before, and is in no list any more', () => {
    expect(ids({}, [aSession({ command: 'Killed', lingering: true }), aSession({ id: '43' })])).toEqual(['43']);
  });

  it('is told where it is one thing alone', () => {
    const rule = compileRule(aReaper({ match: { user: 'app', idle: '10m' } }));
    const { spared } = choose(
      rule,
      aSnapshot([aSession({ id: '1', time: 60 }), aSession({ id: '2', user: 'x', time: 1 })]),
    );
    expect(spared.map(({ session, reason }) => [session.id, reason])).toEqual([['1', 'idle: 1m, wanted 10m or more']]);
  });

  it('is never explained with the text of a statement', () => {
    const rule = compileRule(aReaper({ match: { info: '/canary/' } }));
    const choice = choose(rule, aSnapshot([busy(1, { statement: running("SELECT 'canary-secret'") })]));
    expect(JSON.stringify(choice.victims[0]?.reasons)).not.toContain('secret');
  });
});

describe('of a class', () => {
  const three = [
    aSession({ id: '1', time: 10 }),
    aSession({ id: '2', time: 30 }),
    aSession({ id: '3', time: 30, user: 'web' }),
  ];
  it('the oldest goes, on a tie the one listed last; or all but that one', () => {
    expect(ids({ victims: 'oldest' }, three)).toEqual(['3']);
    expect(ids({ victims: 'all-but-oldest' }, three)).toEqual(['2', '1']);
    expect(ids({ victims: 'oldest', groupBy: 'user' }, three)).toEqual(['2', '3']);
  });

  it('no one goes before it is large, old or tight enough', () => {
    expect(ids({ when: { count: 4 } }, three)).toEqual([]);
    expect(ids({ when: { count: 3 } }, three)).toHaveLength(3);
    expect(ids({ when: { eachBusy: '10s' } }, three)).toEqual([]);
    expect(ids({ when: { anyBusy: '29s' } }, three)).toHaveLength(3);
    expect(ids({ when: { connectionsUsed: '80%' } }, three, { maxConnections: 4 })).toEqual([]);
    expect(ids({ when: { connectionsUsed: '75%' } }, three, { maxConnections: 4 })).toHaveLength(3);
    expect(ids({ when: { connectionsUsed: '1%' } }, three)).toEqual([]);
    expect(ids({ when: { blocking: true } }, three, { waits: [] })).toEqual([]);
    expect(ids({ when: { blockedFor: '30s' } }, three, { waits: [aWait('1', '2', 30)] })).toHaveLength(3);
  });

  it('no session goes as the oldest while another may be it', () => {
    const unaged = aSession({ id: '4', time: null });
    expect(ids({ victims: 'oldest' }, [...three, unaged])).toEqual([]);
    expect(ids({ victims: 'all-but-oldest' }, [...three, unaged])).toEqual(['2', '1']);
    expect(ids({ victims: 'oldest' }, [unaged])).toEqual([]);
    // One of whom nobody knows whether the rule is for it, or whose class nobody knows, may be it as well.
    const rule = { match: { inTransaction: false }, victims: 'oldest' };
    expect(ids(rule, [...three, hiding('transaction', { id: '4', time: 31 })])).toEqual([]);
    expect(ids(rule, [...three, hiding('transaction', { id: '4', time: 29 })])).toEqual(['3']);
    const grouped = { groupBy: 'db', victims: 'oldest' };
    expect(ids(grouped, [...three, hiding('db', { id: '4', time: 31 })])).toEqual([]);
    expect(ids(grouped, [...three, hiding('db', { id: '4', time: 29 })])).toEqual(['3']);
    expect(ids({ groupBy: 'db', when: { eachBusy: '9s' } }, [...three, hiding('db', { id: '4', time: 5 })])).toEqual(
      [],
    );
  });

  it('one whose class is not known is spared, and is told why', () => {
    const rule = compileRule(aReaper({ groupBy: 'db' }));
    const { victims, spared } = choose(rule, aSnapshot([...three, hiding('db', { id: '4' })]));
    expect(victims).toHaveLength(3);
    expect(spared.map(({ session, reason }) => [session.id, reason])).toEqual([['4', 'groupBy: its db is not known']]);
  });

  it('the address makes the class, not its port', () => {
    const two = [aSession({ id: '1', host: '10.0.0.7:1' }), aSession({ id: '2', host: '10.0.0.7:2' })];
    expect(ids({ groupBy: 'host', victims: 'oldest' }, two)).toEqual(['2']);
  });
});

it('takes nothing with an unknown time by any rule on time, whatever else it says', () => {
  const limit = fc.constantFrom('0s', '1s', '10m');
  const onTime = fc.oneof(
    fc.record({ idle: limit }),
    fc.record({ busy: limit }),
    fc.record({ time: limit }),
    fc.record({ user: fc.constant('*'), time: limit }),
    fc.record({ any: fc.tuple(fc.record({ idle: limit }), fc.record({ busy: limit })) }),
    fc.record({ not: fc.record({ time: limit }) }),
  );
  const command = fc.constantFrom('Sleep', 'Query', 'Execute', 'Connect');
  fc.assert(
    fc.property(onTime, command, (match, of) => {
      // A `busy` limit says that a sleeper is not busy, which is known; by itself it takes nobody.
      expect(ids({ match }, [aSession({ command: of, time: null })])).toEqual([]);
    }),
  );
});

type Told = Parameters<typeof aSession>[0];

const classes = (groupBy: Reaper['groupBy'], ...sessions: readonly Told[]) =>
  classesOf(
    sessions.map((over) => factsOn(over)),
    [],
    groupBy,
  ).classes.map(({ members }) => members.map(({ session }) => session.id));

describe('sessions in classes', () => {
  it.each([
    ['user', { user: 'a' }, { user: 'b' }, { user: null }, { user: null }],
    ['host', { host: '10.0.0.1:1' }, { host: '10.0.0.2:1' }, { host: null }, { host: null }],
    ['db', { db: 'a' }, { db: 'b' }, { db: null }, { db: null }],
    ['state', { state: 'a' }, { state: 'b' }, { state: null }, { state: null }],
    ['tenant', { tenant: 'a' }, { tenant: 'b' }, { tenant: null }, { tenant: null }],
    ['command', { command: 'a' }, { command: 'b' }, { command: 'c' }, { command: 'c' }],
    [
      'fingerprint',
      { statement: running('SELECT 1') },
      { statement: running('DELETE FROM t') },
      { statement: null },
      { statement: null },
    ],
  ] as const)(
    'by %s are one class for each value, and one for those without',
    (groupBy, first, second, third, fourth) => {
      const members = [
        { ...first, id: '1' },
        { ...second, id: '2' },
        { ...first, id: '3' },
        { ...third, id: '4' },
        { ...fourth, id: '5' },
      ];
      expect(classes(groupBy, ...members)).toEqual([['3', '1'], ['2'], ['5', '4']]);
    },
  );

  it('keep an empty text and none apart', () => {
    for (const column of ['user', 'db', 'state', 'tenant'] as const)
      expect(classes(column, { id: '1', [column]: '' }, { id: '2', [column]: null })).toEqual([['1'], ['2']]);
  });

  it('by fingerprint share one where only the literals differ', () => {
    const statements = ['SELECT 1 FROM t', "SELECT 'x' FROM t", 'SELECT 1 FROM u'].map((text, index) => ({
      id: String(index + 1),
      statement: running(text),
    }));
    expect(classes('fingerprint', ...statements)).toEqual([['2', '1'], ['3']]);
  });

  it('stand there longest in their command first, those of unknown time last', () => {
    const times = [5, null, 900, 0, 30].map((time, index) => ({ id: String(index + 1), time }));
    expect(classes(undefined, ...times)).toEqual([['3', '5', '1', '4', '2']]);
    expect(classes('user', ...times)).toEqual([['3', '5', '1', '4', '2']]);
  });
});

import { describe, expect, it } from 'vitest';
import { choose } from '../../../../lib/reaper/choose.ts';
import { type Facts, factsOf, type Snapshot } from '../../../../lib/reaper/facts.ts';
import { heldBy } from '../../../../lib/reaper/limits.ts';
import { compileCondition, explainAll } from '../../../../lib/reaper/match.ts';
import { addressOf, compileHostPattern, compilePattern } from '../../../../lib/reaper/pattern.ts';
import { asks, compileRule, needsLocks, needsMaxConnections, needsResources } from '../../../../lib/reaper/rule.ts';
import { durationSeconds, inWords, percentFraction, sizeBytes } from '../../../../lib/reaper/units.ts';
import { unmetOf } from '../../../../lib/reaper/when.ts';
import { sessionId } from '../../../../lib/sessions/session.ts';
import { aReaper, aSession, aSnapshot, running } from './a-session.ts';

const facts = (over: Parameters<typeof aSession>[0] = {}, more: Partial<Facts> = {}): Facts => ({
  session: aSession(over),
  blocking: undefined,
  blockedFor: undefined,
  ...more,
});
const query = (time: number | null) => ({ command: 'Query', time, statement: running('SELECT secret') });
const transaction = (time: number | null) => ({ transaction: { id: null, state: 'A', time } });
const wait = (waiter: string, blocker: string, seconds: number | null) => ({
  waiter: sessionId(waiter),
  blocker: sessionId(blocker),
  seconds,
});

describe('a condition says what it found, and holds, does not, or cannot know', () => {
  it.each([
    [{ user: 'app' }, facts(), true, 'user: app, wanted app'],
    [{ user: ['a', 'b*'] }, facts(), false, 'user: app, wanted a or b*'],
    [{ db: 'x' }, facts({ db: null }), undefined, 'db: unknown, wanted x'],
    [{ tenant: 't' }, facts({ tenant: 't' }), true, 'tenant: t, wanted t'],
    [{ state: 's' }, facts({ state: 's' }), true, 'state: s, wanted s'],
    [{ host: '10.0.0.7' }, facts(), true, 'host: 10.0.0.7:53211, wanted 10.0.0.7'],
    [{ user: '10.0.0.7' }, facts({ user: '10.0.0.7:1' }), false, 'user: 10.0.0.7:1, wanted 10.0.0.7'],
    [{ info: '/SELECT/' }, facts(query(5)), true, 'info: the statement, wanted /SELECT/'],
    [{ info: '/SELECT/' }, facts(), undefined, 'info: the statement, wanted /SELECT/'],
    [{ idle: '10m' }, facts({ time: 725 }), true, 'idle: 12m 5s, wanted 10m or more'],
    [{ idle: '10m' }, facts(query(9_000)), false, 'idle: not asleep (Query)'],
    [{ idle: '10m' }, facts({ time: null }), undefined, 'idle: unknown, wanted 10m or more'],
    [{ busy: '1m' }, facts(query(59)), false, 'busy: 59s, wanted 1m or more'],
    [{ busy: '1m' }, facts(), false, 'busy: runs nothing (Sleep)'],
    [{ time: '700s' }, facts(), true, 'time: 11m 40s, wanted 11m 40s or more'],
    [{ time: '701s' }, facts(), false, 'time: 11m 40s, wanted 11m 41s or more'],
    [{ inTransaction: true }, facts(), false, 'inTransaction: false, wanted true'],
    [{ inTransaction: false }, facts(transaction(1)), false, 'inTransaction: true, wanted false'],
    [{ inTransaction: true }, facts(transaction(1)), true, 'inTransaction: true, wanted true'],
    [{ transactionFor: '5s' }, facts(transaction(6)), true, 'transactionFor: 6s, wanted 5s or more'],
    [{ transactionFor: '5s' }, facts(transaction(null)), undefined, 'transactionFor: unknown, wanted 5s or more'],
    [{ transactionFor: '0s' }, facts(), false, /^transactionFor: /],
    [{ blocking: true }, facts(), undefined, 'blocking: unknown, wanted true'],
    [{ blocking: false }, facts({}, { blocking: true }), false, 'blocking: true, wanted false'],
    [{ blocking: true }, facts({}, { blocking: true }), true, 'blocking: true, wanted true'],
    [{ blockedFor: '1s' }, facts({}, { blockedFor: 2 }), true, 'blockedFor: 2s, wanted 1s or more'],
    [{ blockedFor: '0s' }, facts({}, { blockedFor: 0 }), false, /^blockedFor: /],
    [{ blockedFor: '1s' }, facts(), undefined, 'blockedFor: unknown, wanted 1s or more'],
    [{ memory: '10MB' }, facts({ memory: 25_900_000 }), true, 'memory: 25 MB, wanted 10 MB or more'],
    [{ memory: '10MB' }, facts(), undefined, 'memory: unknown, wanted 10 MB or more'],
    [{ cpu: '10s' }, facts({ cpu: 9 }), false, 'cpu: 9s, wanted 10s or more'],
    [{ cpu: '10s' }, facts({ cpu: 10 }), true, 'cpu: 10s, wanted 10s or more'],
    [
      { any: [{ user: 'x' }, { user: 'app', time: '1s' }] },
      facts(),
      true,
      'any: user: app, wanted app; time: 11m 40s, wanted 1s or more',
    ],
    [{ any: [{ user: 'x' }, { db: 'y' }] }, facts(), false, 'any: none holds'],
    [{ any: [{ user: 'x' }, { db: 'y' }] }, facts({ db: null }), undefined, 'any: none holds'],
    [{ not: { user: 'x' } }, facts(), true, 'not: user: app, wanted x'],
    [{ not: { user: 'app' } }, facts(), false, 'not: user: app, wanted app'],
    [{ not: { db: 'x' } }, facts({ db: null }), undefined, 'not: db: unknown, wanted x'],
  ] as const)('%j', (match, found, holds, says) => {
    const { reaper } = compileRule(aReaper({ match: match as Record<string, unknown> }));
    const [test] = compileCondition(reaper.match, reaper.busyCommands);
    expect(test?.holds(found)).toBe(holds);
    expect(test?.explain(found)).toMatch(
      says instanceof RegExp ? says : new RegExp(`^${says.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`),
    );
  });

  it('spares for one that is ignored or may be, unless it is for a text that is not there', () => {
    const reasons = (ignore: unknown, over: Parameters<typeof aSession>[0]) =>
      choose(compileRule(aReaper({ ignore })), aSnapshot([aSession(over)])).spared.map(({ reason }) => reason);
    expect(reasons([{ time: '1s', user: 'app' }], {})).toEqual([
      'ignored: user: app, wanted app; time: 11m 40s, wanted 1s or more',
    ]);
    expect(reasons([{ time: '1s' }], { time: null })).toEqual(['ignored: time: unknown, wanted 1s or more']);
    for (const ignore of [{ db: 'x' }, { db: 'x', time: '1s' }, { info: 'x' }])
      expect(reasons([ignore], { db: null, time: null })).toEqual([]);
    for (const ignore of [{ inTransaction: true }, { any: [{ db: 'x' }] }, { not: { db: 'x' } }])
      expect(reasons([ignore], { db: null }).length).toBe('inTransaction' in ignore ? 0 : 1);
    expect(explainAll([], facts())).toBe('');
  });
});

describe('what keeps a class from being acted on', () => {
  const snapshot = (over: Partial<Snapshot> = {}) => aSnapshot([aSession({ id: '1' }), aSession({ id: '2' })], over);
  const unmet = (when: Record<string, unknown>, members: readonly Facts[] = [facts()], over: Partial<Snapshot> = {}) =>
    unmetOf(aReaper({ when }).when, members, snapshot(over));

  it('is told with its figures', () => {
    expect(unmet({})).toBeNull();
    expect(unmet({ count: 1 })).toBeNull();
    expect(unmet({ count: 2 })).toBe('count: 1, wanted 2 or more');
    expect(unmet({ eachBusy: '699s' }, [facts(), facts()])).toBeNull();
    expect(unmet({ eachBusy: '700s' }, [facts(), facts({ time: 900 })])).toBe(
      'eachBusy: not each one is in its command for more than 11m 40s',
    );
    expect(unmet({ eachBusy: '0s' }, [facts({ time: null })])).toMatch(/^eachBusy/);
    expect(unmet({ anyBusy: '700s' }, [facts(), facts({ time: 701 })])).toBeNull();
    expect(unmet({ anyBusy: '700s' }, [facts()])).toBe('anyBusy: none is in its command for more than 11m 40s');
    expect(unmet({ anyBusy: '0s' }, [facts({ time: null })])).toMatch(/^anyBusy/);
    expect(unmet({ connectionsUsed: '50%' }, [facts()], { maxConnections: 4 })).toBeNull();
    expect(unmet({ connectionsUsed: '66.7%' }, [facts()], { maxConnections: 3 })).toBe(
      'connectionsUsed: 66.6%, wanted 66.7% or more',
    );
    expect(unmet({ connectionsUsed: '1%' })).toBe('connectionsUsed: unknown, wanted 1% or more');
    for (const waits of [null, []])
      expect(unmet({ blocking: true }, [facts()], { waits })).toBe('blocking: nobody waits for a lock');
    expect(unmet({ blocking: true }, [facts()], { waits: [wait('1', '2', null)] })).toBeNull();
    for (const waits of [null, [], [wait('1', '2', null)]])
      expect(unmet({ blockedFor: '0s' }, [facts()], { waits })).toBe('blockedFor: nobody, wanted 0s or more');
    expect(unmet({ blockedFor: '0s' }, [facts()], { waits: [wait('1', '2', 0)] })).toBeNull();
    expect(unmet({ blockedFor: '9s' }, [facts()], { waits: [wait('1', '2', 3), wait('2', '1', 8)] })).toBe(
      'blockedFor: 8s, wanted 9s or more',
    );
  });

  it('is a limit where too many would go', () => {
    const reaper = (limits: Record<string, unknown>) => aReaper({ limits });
    expect(heldBy(reaper({ perRun: 2 }), 2, 10)).toBeNull();
    expect(heldBy(reaper({ perRun: 2 }), 3, 10)).toBe('perRun: 3 victims, at most 2');
    expect(heldBy(reaper({}), 100, 100)).toBeNull();
    expect(heldBy(reaper({ share: '25%' }), 1, 4)).toBeNull();
    expect(heldBy(reaper({ share: '25%' }), 1, 3)).toBe('share: 1 of 3 sessions are 33.3%, at most 25%');
    expect(heldBy(reaper({ share: '25%' }), 0, 0)).toBeNull();
    expect(heldBy(reaper({ share: '25%' }), 1, 0)).toBeNull();
  });
});

it('locks are joined to sessions, and one unknown time makes the longest unknown', () => {
  const sessions = ['1', '2', '3', '4'].map((id) => aSession({ id }));
  const told = (waits: Snapshot['waits']) =>
    factsOf(aSnapshot(sessions, { waits })).map(({ blocking, blockedFor }) => [blocking, blockedFor]);
  expect(told(null)).toEqual(sessions.map(() => [undefined, undefined]));
  expect(told([wait('1', '2', 0), wait('1', '3', 7), wait('3', '2', null)])).toEqual([
    [false, 7],
    [true, 0],
    [true, undefined],
    [false, 0],
  ]);
});

it('a rule asks the server for no more than it needs', () => {
  const needs = (over: Record<string, unknown>) => {
    const reaper = aReaper(over);
    return [needsLocks(reaper), needsResources(reaper), needsMaxConnections(reaper)];
  };
  expect(needs({})).toEqual([false, false, false]);
  for (const over of [
    { match: { blocking: true } },
    { match: { blockedFor: '1s' } },
    { ignore: [{ blocking: true }] },
    { when: { blocking: true } },
    { when: { blockedFor: '1s' } },
    { match: { any: [{ user: 'a' }, { blocking: true }] } },
    { match: { not: { blockedFor: '1s' } } },
  ])
    expect(needs(over)).toEqual([true, false, false]);
  for (const over of [
    { match: { memory: '1MB' } },
    { match: { cpu: '1s' } },
    { ignore: [{ cpu: '1s' }, { user: 'a' }] },
  ])
    expect(needs(over)).toEqual([false, true, false]);
  expect(needs({ when: { connectionsUsed: '1%' } })).toEqual([false, false, true]);
  expect([asks({}, ['cpu']), asks({ cpu: 1 }, []), asks({ cpu: 1 }, ['memory', 'cpu'])]).toEqual([false, false, true]);
});

describe('units and patterns', () => {
  it.each(['', '5', 's', '5 s', '5x', ' 5s', '5s ', 'x5s', '5sx', '1234567890s', '5 minute s'])(
    '%j is no duration',
    (text) => expect(durationSeconds(text)).toBeUndefined(),
  );
  it.each([
    ['5s', 5],
    ['10m', 600],
    ['2h', 7_200],
    ['1d', 86_400],
    ['5 minutes', 300],
    ['1 day', 86_400],
    ['1 second', 1],
    ['3 hours', 10_800],
  ])('%s is %d seconds', (text, seconds) => expect(durationSeconds(text)).toBe(seconds));
  it.each([
    ['25%', 0.25],
    ['12.345 %', 0.12345],
    ['100%', 1],
    ['0%', undefined],
    ['100.1%', undefined],
    ['25% x', undefined],
    ['x25%', undefined],
    ['25', undefined],
  ])('%s is the share %s', (text, share) => expect(percentFraction(text)).toBe(share));
  it.each([
    ['1B', 1],
    ['15 KB', 15_000],
    ['2MiB', 2_097_152],
    ['1GiB', 1_073_741_824],
    ['3MB', 3e6],
    ['1GB', 1e9],
    ['1KiB', 1_024],
    ['x1B', undefined],
    ['1Bx', undefined],
    ['1', undefined],
    ['1TB', undefined],
  ])('%s is %s bytes', (text, bytes) => expect(sizeBytes(text)).toBe(bytes));
  it.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m'],
    [3_661, '1h 1m'],
    [90_061, '1d 1h'],
    [86_400, '1d'],
    [3_600, '1h'],
    [1.9, '1s'],
  ])('%d seconds are %s', (seconds, words) => expect(inWords(seconds)).toBe(words));

  it.each([
    ['[::1]:53', '::1'],
    ['[::1]', '::1'],
    ['x[::1]:5', 'x[::1]'],
    ['[::1]:5x', '[::1]:5x'],
    ['[::1]x', '[::1]x'],
    ['a:1:2', 'a:1'],
    ['a:b', 'a:b'],
    ['h:', 'h'],
  ])('the address of %s is %s', (host, address) => expect(addressOf(host)).toBe(address));

  it('is at most a thousand characters, and a network has no more bits than its address', () => {
    expect(() => compilePattern('a'.repeat(1_000))).not.toThrow();
    expect(() => compilePattern('a'.repeat(1_001))).toThrow('a pattern has at most 1000 characters');
    expect(compileHostPattern('10.0.0.7/32')('10.0.0.7:1')).toBe(true);
    expect(compileHostPattern('::1/128')('[::1]:1')).toBe(true);
    expect(compileHostPattern('::1/64')('[::2]:1')).toBe(true);
    for (const network of ['10.0.0.7/33', '::1/129'])
      expect(() => compileHostPattern(network)).toThrow('the network has more bits than its address');
    for (const glob of ['x10.0.0.0/24', '10.0.0.0/24x']) expect(compileHostPattern(glob)('10.0.0.1:1')).toBe(false);
    expect(compileHostPattern('10.0.0.0/24')('not-an-address')).toBe(false);
    expect(compileHostPattern('/7$/')('10.0.0.7:1')).toBe(false);
    expect(compilePattern('x/a/')('a')).toBe(false);
    expect(compilePattern('/a/x')('a')).toBe(false);
    for (const [broken, why] of [
      ['/(/', 'missing closing )'],
      ['/[/', 'missing closing ]'],
    ] as const)
      expect(() => compilePattern(broken)).toThrow(new Error(why));
  });
});

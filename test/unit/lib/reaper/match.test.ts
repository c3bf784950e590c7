import { describe, expect, it } from 'vitest';
import { choose } from '../../../../lib/reaper/choose.ts';
import { compileCondition, explainAll } from '../../../../lib/reaper/match.ts';
import { compileRule } from '../../../../lib/reaper/rule.ts';
import { aReaper, aSession, aSnapshot, factsOn, running } from './a-session.ts';

const query = (time: number | null) => ({ command: 'Query', time, statement: running('SELECT secret') });
const transaction = (time: number | null) => ({ transaction: { id: null, state: 'A', time } });

describe('a condition says what it found, and holds, does not, or cannot know', () => {
  it.each([
    [{ user: 'app' }, factsOn(), true, 'user: app, wanted app'],
    [{ user: ['a', 'b*'] }, factsOn(), false, 'user: app, wanted a or b*'],
    [{ db: 'x' }, factsOn({ db: null }), undefined, 'db: unknown, wanted x'],
    [{ tenant: 't' }, factsOn({ tenant: 't' }), true, 'tenant: t, wanted t'],
    [{ state: 's' }, factsOn({ state: 's' }), true, 'state: s, wanted s'],
    [{ host: '10.0.0.7' }, factsOn(), true, 'host: 10.0.0.7:53211, wanted 10.0.0.7'],
    [{ user: '10.0.0.7' }, factsOn({ user: '10.0.0.7:1' }), false, 'user: 10.0.0.7:1, wanted 10.0.0.7'],
    [{ info: '/SELECT/' }, factsOn(query(5)), true, 'info: the statement, wanted /SELECT/'],
    [{ info: '/SELECT/' }, factsOn(), undefined, 'info: the statement, wanted /SELECT/'],
    [{ idle: '10m' }, factsOn({ time: 725 }), true, 'idle: 12m 5s, wanted 10m or more'],
    [{ idle: '10m' }, factsOn(query(9_000)), false, 'idle: not asleep (Query)'],
    [{ idle: '10m' }, factsOn({ time: null }), undefined, 'idle: unknown, wanted 10m or more'],
    [{ busy: '1m' }, factsOn(query(59)), false, 'busy: 59s, wanted 1m or more'],
    [{ busy: '1m' }, factsOn(), false, 'busy: runs nothing (Sleep)'],
    [{ time: '700s' }, factsOn(), true, 'time: 11m 40s, wanted 11m 40s or more'],
    [{ time: '701s' }, factsOn(), false, 'time: 11m 40s, wanted 11m 41s or more'],
    [{ inTransaction: true }, factsOn(), false, 'inTransaction: false, wanted true'],
    [{ inTransaction: false }, factsOn(transaction(1)), false, 'inTransaction: true, wanted false'],
    [{ inTransaction: true }, factsOn(transaction(1)), true, 'inTransaction: true, wanted true'],
    [{ transactionFor: '5s' }, factsOn(transaction(6)), true, 'transactionFor: 6s, wanted 5s or more'],
    [{ transactionFor: '5s' }, factsOn(transaction(null)), undefined, 'transactionFor: unknown, wanted 5s or more'],
    [{ transactionFor: '0s' }, factsOn(), false, /^transactionFor: /],
    [{ blocking: true }, factsOn(), undefined, 'blocking: unknown, wanted true'],
    [{ blocking: false }, factsOn({}, { blocking: true }), false, 'blocking: true, wanted false'],
    [{ blocking: true }, factsOn({}, { blocking: true }), true, 'blocking: true, wanted true'],
    [{ blockedFor: '1s' }, factsOn({}, { blockedFor: 2 }), true, 'blockedFor: 2s, wanted 1s or more'],
    [{ blockedFor: '0s' }, factsOn({}, { blockedFor: 0 }), false, /^blockedFor: /],
    [{ blockedFor: '1s' }, factsOn(), undefined, 'blockedFor: unknown, wanted 1s or more'],
    [{ memory: '10MB' }, factsOn({ memory: 25_900_000 }), true, 'memory: 25 MB, wanted 10 MB or more'],
    [{ memory: '10MB' }, factsOn(), undefined, 'memory: unknown, wanted 10 MB or more'],
    [{ cpu: '10s' }, factsOn({ cpu: 9 }), false, 'cpu: 9s, wanted 10s or more'],
    [{ cpu: '10s' }, factsOn({ cpu: 10 }), true, 'cpu: 10s, wanted 10s or more'],
    [
      { any: [{ user: 'x' }, { user: 'app', time: '1s' }] },
      factsOn(),
      true,
      'any: user: app, wanted app; time: 11m 40s, wanted 1s or more',
    ],
    [{ any: [{ user: 'x' }, { db: 'y' }] }, factsOn(), false, 'any: none holds'],
    [{ any: [{ user: 'x' }, { db: 'y' }] }, factsOn({ db: null }), undefined, 'any: none holds'],
    [{ not: { user: 'x' } }, factsOn(), true, 'not: user: app, wanted x'],
    [{ not: { user: 'app' } }, factsOn(), false, 'not: user: app, wanted app'],
    [{ not: { db: 'x' } }, factsOn({ db: null }), undefined, 'not: db: unknown, wanted x'],
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
    expect(explainAll([], factsOn())).toBe('');
  });
});

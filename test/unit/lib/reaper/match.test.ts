import { describe, expect, it } from 'vitest';
import { choose, compileRule } from '../../../../lib/reaper/choose.ts';
import { compileCondition, explainAll } from '../../../../lib/reaper/match.ts';
import type { UnknownName } from '../../../../lib/sessions/session.ts';
import { aReaper, aSession, aSnapshot, factsOn, running } from './a-session.ts';

const query = (time: number | null) => ({ command: 'Query', time, statement: running('SELECT secret') });
/** A session of which the server hides a field. */
const hidden = (field: UnknownName) => factsOn({ db: null, unknown: [{ field, why: 'It hides it.' }] });
const unseen = { text: null, digest: null, id: null, startedAt: null };
const transaction = (time: number | null) => ({ transaction: { id: null, state: 'A', time } });

describe('a condition says what it found, and holds, does not, or cannot know', () => {
  it.each([
    [{ user: 'app' }, 'user: app, wanted app', true, factsOn()],
    [{ user: ['a', 'b*'] }, 'user: app, wanted a or b*', false, factsOn()],
    [{ db: 'x' }, 'db: none, wanted x', false, factsOn({ db: null })],
    [{ db: '*' }, 'db: none, wanted *', false, factsOn({ db: null })],
    [{ db: 'x' }, 'db: not known (It hides it), wanted x', undefined, hidden('db')],
    [{ state: '/^$/' }, 'state: , wanted /^$/', true, factsOn({ state: '' })],
    [{ state: '/^$/' }, 'state: none, wanted /^$/', false, factsOn({ state: null })],
    [{ tenant: 't' }, 'tenant: t, wanted t', true, factsOn({ tenant: 't' })],
    [{ state: 's' }, 'state: s, wanted s', true, factsOn({ state: 's' })],
    [{ host: '10.0.0.7' }, 'host: 10.0.0.7:53211, wanted 10.0.0.7', true, factsOn()],
    [{ user: '10.0.0.7' }, 'user: 10.0.0.7:1, wanted 10.0.0.7', false, factsOn({ user: '10.0.0.7:1' })],
    [{ info: '/SELECT/' }, 'info: the statement, wanted /SELECT/', true, factsOn(query(5))],
    [{ info: '/SELECT/' }, 'info: none, wanted /SELECT/', false, factsOn()],
    [{ info: '/SELECT/' }, 'info: not known (It hides it), wanted /SELECT/', undefined, hidden('statement')],
    [{ info: '/SELECT/' }, 'info: not known, wanted /SELECT/', undefined, factsOn({ ...query(5), statement: unseen })],
    [{ idle: '10m' }, 'idle: 12m 5s, wanted 10m or more', true, factsOn({ time: 725 })],
    [{ idle: '10m' }, 'idle: not asleep (Query)', false, factsOn(query(9_000))],
    [{ idle: '10m' }, 'idle: not known, wanted 10m or more', undefined, factsOn({ time: null })],
    [{ busy: '1m' }, 'busy: 59s, wanted 1m or more', false, factsOn(query(59))],
    [{ busy: '1m' }, 'busy: runs nothing (Sleep)', false, factsOn()],
    [{ time: '700s' }, 'time: 11m 40s, wanted 11m 40s or more', true, factsOn()],
    [{ time: '701s' }, 'time: 11m 40s, wanted 11m 41s or more', false, factsOn()],
    [{ inTransaction: true }, 'inTransaction: false, wanted true', false, factsOn()],
    [{ inTransaction: false }, 'inTransaction: true, wanted false', false, factsOn(transaction(1))],
    [
      { inTransaction: false },
      'inTransaction: not known (It hides it), wanted false',
      undefined,
      hidden('transaction'),
    ],
    [
      { transactionFor: '0s' },
      'transactionFor: not known (It hides it), wanted 0s or more',
      undefined,
      hidden('transaction'),
    ],
    [{ busy: '1m' }, 'busy: 1m, wanted 1m or more', true, factsOn({ ...query(60), statement: unseen })],
    [
      { host: '10.0.0.0/8' },
      'host: web-1:5 (not known whether it matches), wanted 10.0.0.0/8',
      undefined,
      factsOn({ host: 'web-1:5' }),
    ],
    [
      { host: ['10.0.0.0/8', 'web-*'] },
      'host: web-1:5, wanted 10.0.0.0/8 or web-*',
      true,
      factsOn({ host: 'web-1:5' }),
    ],
    [{ inTransaction: true }, 'inTransaction: true, wanted true', true, factsOn(transaction(1))],
    [{ transactionFor: '5s' }, 'transactionFor: 6s, wanted 5s or more', true, factsOn(transaction(6))],
    [{ transactionFor: '5s' }, 'transactionFor: not known, wanted 5s or more', undefined, factsOn(transaction(null))],
    [{ transactionFor: '0s' }, /^transactionFor: /, false, factsOn()],
    [{ blocking: true }, 'blocking: not known, wanted true', undefined, factsOn()],
    [{ blocking: false }, 'blocking: true, wanted false', false, factsOn({}, { blocking: true })],
    [{ blocking: true }, 'blocking: true, wanted true', true, factsOn({}, { blocking: true })],
    [{ blockedFor: '1s' }, 'blockedFor: 2s, wanted 1s or more', true, factsOn({}, { blockedFor: 2 })],
    [{ blockedFor: '0s' }, /^blockedFor: /, false, factsOn({}, { blockedFor: 0 })],
    [{ blockedFor: '1s' }, 'blockedFor: not known, wanted 1s or more', undefined, factsOn()],
    [{ memory: '10MB' }, 'memory: 25 MB, wanted 10 MB or more', true, factsOn({ memory: 25_900_000 })],
    [{ memory: '10MB' }, 'memory: not known, wanted 10 MB or more', undefined, factsOn()],
    [{ cpu: '10s' }, 'cpu: 9s, wanted 10s or more', false, factsOn({ cpu: 9 })],
    [{ cpu: '10s' }, 'cpu: 10s, wanted 10s or more', true, factsOn({ cpu: 10 })],
    [
      { any: [{ user: 'x' }, { user: 'app', time: '1s' }] },
      'any: user: app, wanted app; time: 11m 40s, wanted 1s or more',
      true,
      factsOn(),
    ],
    [{ any: [{ user: 'x' }, { db: 'y' }] }, 'any: none holds', false, factsOn()],
    [{ any: [{ user: 'x' }, { db: 'y' }] }, 'any: db: not known (It hides it), wanted y', undefined, hidden('db')],
    [{ not: { user: 'x' } }, 'not: user: app, wanted x', true, factsOn()],
    [{ not: { user: 'app' } }, 'not: user: app, wanted app', false, factsOn()],
    [{ not: { db: 'x' } }, 'not: db: none, wanted x', true, factsOn({ db: null })],
    [{ not: { db: 'x' } }, 'not: db: not known (It hides it), wanted x', undefined, hidden('db')],
  ] as const)('%j says %s, and holds: %s', (match, says, holds, found) => {
    const { reaper } = compileRule(aReaper({ match: match as Record<string, unknown> }));
    const [test] = compileCondition(reaper.match, reaper.busyCommands);
    expect(test?.holds(found)).toBe(holds);
    expect(test?.explain(found)).toMatch(
      says instanceof RegExp ? says : new RegExp(`^${says.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`),
    );
  });

  it('spares for one that is ignored or may be, and not for what is not there', () => {
    const reasons = (ignore: unknown, over: Parameters<typeof aSession>[0]) =>
      choose(compileRule(aReaper({ ignore })), aSnapshot([aSession(over)])).spared.map(({ reason }) => reason);
    expect(reasons([{ time: '1s', user: 'app' }], {})).toEqual([
      'ignored: user: app, wanted app; time: 11m 40s, wanted 1s or more',
    ]);
    expect(reasons([{ time: '1s' }], { time: null })).toEqual(['ignored: time: not known, wanted 1s or more']);
    const { unknown } = hidden('db').session;
    for (const ignore of [{ db: 'x' }, { any: [{ db: 'x' }] }, { not: { db: 'x' } }, { not: { db: 'x', user: 'app' } }])
      expect(reasons([ignore], { db: null, unknown })).toHaveLength(1);
    for (const ignore of [
      { db: 'x' },
      { db: 'x', time: '1s' },
      { any: [{ db: 'x' }] },
      { info: 'x' },
      { inTransaction: true },
    ])
      expect(reasons([ignore], { db: null, time: null })).toEqual([]);
    expect(explainAll([], factsOn())).toBe('');
  });
});

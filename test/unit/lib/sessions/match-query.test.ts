import { describe, expect, it } from 'vitest';
import type { SessionQuery } from '../../../../lib/sessions/list-sessions.ts';
import { matchesQuery } from '../../../../lib/sessions/match-query.ts';
import { aSession, running } from '../reaper/a-session.ts';

const ALL: SessionQuery = { sort: 'id', limit: 10, full: false };
type Told = Parameters<typeof aSession>[0];

const transaction = { transaction: { id: null, state: 'A', time: 5 } };
const select = { command: 'Query', statement: running("SELECT Total FROM t WHERE name = 'Secret'") };

describe('a filter', () => {
  it.each<[filter: Partial<SessionQuery>, session: Told, isListed: boolean]>([
    [{}, {}, true],
    [{ user: 'app' }, { user: 'app' }, true],
    [{ user: 'app' }, { user: 'App' }, false],
    [{ user: 'a*' }, { user: 'app' }, true],
    [{ user: 'a' }, { user: 'app' }, false],
    [{ user: '*' }, { user: null }, false],
    [{ host: '10.0.0.7' }, { host: '10.0.0.7:53211' }, true],
    [{ host: '10.0.0.7:53211' }, { host: '10.0.0.7:53211' }, true],
    [{ host: '10.0.0.7:1' }, { host: '10.0.0.7:53211' }, false],
    [{ host: '10.0.0.8' }, { host: '10.0.0.7:53211' }, false],
    [{ host: '[::1:2]' }, { host: '[::1:2]:99' }, true],
    [{ host: 'local' }, { host: 'local:socket' }, false],
    [{ host: '*' }, { host: null }, false],
    [{ db: 'shop' }, { db: 'shop' }, true],
    [{ db: 'shop' }, { db: 'web' }, false],
    [{ command: 'Sleep' }, { command: 'Sleep' }, true],
    [{ command: 'Sleep' }, { command: 'Query' }, false],
    [{ state: 'init' }, { state: 'init' }, true],
    [{ state: 'init' }, { state: 'end' }, false],
    [{ state: '*' }, { state: '' }, false],
    [{ minTime: 60 }, { time: 60 }, true],
    [{ minTime: 60 }, { time: 59 }, false],
    [{ minTime: 0 }, { time: 0 }, true],
    [{ minTime: 0 }, { time: null }, false],
    [{ idleFor: 60 }, { time: 60 }, true],
    [{ idleFor: 60 }, { time: 59 }, false],
    [{ idleFor: 60 }, { time: 61, command: 'Query' }, false],
    [{ idleFor: 0 }, { time: null }, false],
    [{ inTransaction: true }, transaction, true],
    [{ inTransaction: true }, {}, false],
    [{ inTransaction: false }, transaction, false],
    [{ inTransaction: false }, {}, true],
    [{ text: 'total from' }, select, true],
    [{ text: 'FROM T' }, select, true],
    [{ text: 'delete' }, select, false],
    [{ text: '' }, {}, false],
    [{ user: 'app', db: 'web' }, { user: 'app', db: 'shop' }, false],
    [{ user: 'web', db: 'shop' }, { user: 'app', db: 'shop' }, false],
  ])('%j on %j: %s', (filter, session, isListed) => {
    expect(matchesQuery(aSession(session), { ...ALL, ...filter })).toBe(isListed);
  });

  it('sees no literal, so that nobody can tell one by trial', () => {
    expect(matchesQuery(aSession(select), { ...ALL, text: 'Secret' })).toBe(false);
    expect(matchesQuery(aSession(select), { ...ALL, text: 'Secret', full: true })).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { SessionQuery } from '../../../../lib/sessions/match-query.ts';
import { matchesQuery } from '../../../../lib/sessions/match-query.ts';
import type { Statement, UnknownName } from '../../../../lib/sessions/session.ts';
import { aSession, running } from '../reaper/a-session.ts';

const ALL: SessionQuery = { sort: 'id', limit: 10, full: false };
type Told = Parameters<typeof aSession>[0];

const transaction = { transaction: { id: null, state: 'A', time: 5 } };
const select = { command: 'Query', statement: running("SELECT Total FROM t WHERE name = 'Secret'") };

const cut = { ...running('SELECT Total FROM t'), textIsCut: true } as Statement;
const hiding = (field: UnknownName, over: Told = {}): Told => ({ ...over, unknown: [{ field, why: 'Hidden.' }] });
const MASKED = { access: { process: true, super: false, users: [], fullStatements: false }, full: false };

describe('a filter', () => {
  it.each<[filter: Partial<SessionQuery>, session: Told, isListed: boolean | undefined]>([
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
    [{ state: '*' }, { state: '' }, true],
    [{ state: '*' }, { state: null }, false],
    [{ state: 'init' }, hiding('state', { state: null }), undefined],
    [{ user: '*' }, hiding('user', { user: null }), undefined],
    [{ host: '10.0.0.7' }, hiding('host', { host: null }), undefined],
    [{ db: 'shop' }, hiding('db', { db: null }), undefined],
    [{ tenant: 'shop' }, { tenant: 'shop' }, true],
    [{ tenant: 's*' }, { tenant: 'shop' }, true],
    [{ tenant: 'web' }, { tenant: 'shop' }, false],
    [{ tenant: '*' }, { tenant: null }, false],
    [{ tenant: 'shop' }, hiding('tenant', { tenant: null }), undefined],
    [{ proxySessionId: '12398139520287309875' }, { proxySessionId: '12398139520287309875' }, true],
    [{ proxySessionId: '1' }, { proxySessionId: '12398139520287309875' }, false],
    [{ proxySessionId: '*' }, hiding('proxySessionId', { proxySessionId: null }), undefined],
    [{ minTime: 60 }, { time: 60 }, true],
    [{ minTime: 60 }, { time: 59 }, false],
    [{ minTime: 0 }, { time: 0 }, true],
    [{ minTime: 0 }, { time: null }, undefined],
    [{ idleFor: 60 }, { time: 60 }, true],
    [{ idleFor: 60 }, { time: 59 }, false],
    [{ idleFor: 60 }, { time: 61, command: 'Query' }, false],
    [{ idleFor: 0 }, { time: null }, undefined],
    [{ idleFor: 0 }, { command: 'Query', time: null }, false],
    [{ inTransaction: true }, transaction, true],
    [{ inTransaction: true }, {}, false],
    [{ inTransaction: false }, transaction, false],
    [{ inTransaction: false }, {}, true],
    [{ inTransaction: false }, hiding('transaction'), undefined],
    [{ inTransaction: true }, hiding('transaction'), undefined],
    [{ inTransaction: false, user: 'web' }, hiding('transaction'), false],
    [{ text: 'x' }, hiding('statement'), undefined],
    [{ text: 'x' }, { ...select, statement: { text: null, digest: null, id: null, startedAt: null } }, undefined],
    [{ text: 'total' }, { ...select, statement: cut }, true],
    [{ text: 'order by' }, { ...select, statement: cut }, undefined],
    [{ text: 'total from' }, select, true],
    [{ text: 'FROM T' }, select, true],
    [{ text: 'delete' }, select, false],
    [{ text: '' }, {}, false],
    [{ user: 'app', db: 'web' }, { user: 'app', db: 'shop' }, false],
    [{ user: 'web', db: 'shop' }, { user: 'app', db: 'shop' }, false],
  ])('%j on %j: %s', (filter, session, isListed) => {
    expect(matchesQuery(aSession(session), { ...ALL, ...filter }, MASKED)).toBe(isListed);
  });

  it('of the statement finds what the caller may read, so that no one can tell a literal by trial', () => {
    const finds = (part: string, viewer: Parameters<typeof matchesQuery>[2]) =>
      matchesQuery(aSession(select), { ...ALL, text: part }, viewer);
    const mayReadAll = { ...MASKED.access, fullStatements: true };
    expect(finds('Secret', MASKED)).toBe(false);
    expect(finds('Secret', { access: MASKED.access, full: true })).toBe(false);
    expect(finds('Secret', { access: mayReadAll, full: false })).toBe(false);
    expect(finds('secret', { access: mayReadAll, full: true })).toBe(true);
    expect(finds('name = ?', { access: mayReadAll, full: true })).toBe(false);
    expect(finds('name = ?', MASKED)).toBe(true);
  });
});

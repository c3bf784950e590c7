import { describe, expect, it } from 'vitest';
import type { Session } from '../../../../lib/sessions/session.ts';
import {
  identityStrength,
  matchTag,
  mayBeSameStatement,
  sameSession,
  sessionTag,
  statementTag,
  type TagVerdict,
} from '../../../../lib/sessions/tags.ts';
import { aSession } from '../reaper/a-session.ts';

const aStatement = (id: string | null, startedAt: number | null, digest = 'd') =>
  aSession({ statement: { text: 'x', digest, id, startedAt } });
const tagOf = (one: Session): string => (one.statement === null ? '' : statementTag(one, one.statement));

describe('a statement', () => {
  it.each<[title: string, then: Session, now: Session, isSame: boolean, verdict?: TagVerdict]>([
    ['the same identity, whenever it began', aStatement('7', 1), aStatement('7', 9), true],
    ['another identity', aStatement('7', 1), aStatement('8', 1), false],
    ['another text', aStatement('7', 1), aStatement('7', 1, 'e'), false],
    ['no identity, begun in the same second', aStatement(null, 100), aStatement(null, 100), true],
    ['no identity, begun a second before', aStatement(null, 100), aStatement(null, 99), true],
    ['no identity, begun a second after', aStatement(null, 100), aStatement(null, 101), true],
    ['no identity, begun two seconds after', aStatement(null, 100), aStatement(null, 102), false],
    ['no identity, begun two seconds before', aStatement(null, 100), aStatement(null, 98), false],
    ['no identity and another text', aStatement(null, 100), aStatement(null, 100, 'e'), false],
    ['neither identity nor time', aStatement(null, null), aStatement(null, null), true],
    ['no identity, the time lost', aStatement(null, 100), aStatement(null, null), true, 'unknown'],
    ['no identity, the time found', aStatement(null, null), aStatement(null, 100), true, 'unknown'],
    ['no identity, a time of the first second lost', aStatement(null, 1), aStatement(null, null), true, 'unknown'],
    ['the identity lost', aStatement('7', 100), aStatement(null, 100), true, 'unknown'],
    ['the identity found', aStatement(null, 100), aStatement('7', 100), true, 'unknown'],
    ['another session', aStatement('7', 1), { ...aStatement('7', 1), host: 'h:1' }, false],
  ])('is told from others, and its tag: %s', (_title, then, now, isSame, verdict = isSame ? 'match' : 'mismatch') => {
    expect(mayBeSameStatement(then, now)).toBe(isSame);
    expect(matchTag(now, 'query', tagOf(then))).toBe(verdict);
  });

  it('that ended is none, and its tag matches the session alone', () => {
    const asleep = aSession();
    expect(mayBeSameStatement(aStatement('7', 1), asleep)).toBe(false);
    expect(mayBeSameStatement(asleep, aStatement('7', 1))).toBe(false);
    expect(mayBeSameStatement(asleep, asleep)).toBe(false);
    expect(matchTag(asleep, 'query', tagOf(aStatement('7', 1)))).toBe('match');
    expect(matchTag({ ...asleep, user: 'other' }, 'query', tagOf(aStatement('7', 1)))).toBe('mismatch');
  });

  it('with an identity has no second in its tag', () => {
    const one = aStatement('7', 5);
    expect(matchTag(one, 'query', `${tagOf(one)}.5`)).toBe('mismatch');
  });

  it('has a tag of its own form', () => {
    for (const text of [
      '',
      'x',
      sessionTag(aSession()),
      `${tagOf(aStatement('7', 1))}.`,
      `${tagOf(aStatement('7', 1))}.1x`,
    ])
      expect(matchTag(aSession(), 'query', text)).toBe('invalid');
    for (const text of ['', 'x', ` ${sessionTag(aSession())}`, `${sessionTag(aSession())}x`])
      expect(matchTag(aSession(), 'connection', text)).toBe('invalid');
  });
});

it.each([
  ['is the same', {}, true],
  ['of another server is another', { server: 's2' }, false],
  ['of another ID is another', { id: '43' }, false],
  ['of another user is another', { user: 'web' }, false],
  ['of another address is another', { host: '10.0.0.7:53212' }, false],
  ['in another command is the same', { command: 'Query', time: 0, db: 'web' }, true],
])('a session that %s', (_title, over, isSame) => {
  const [then, now] = [aSession(), aSession(over)];
  expect(sameSession(then, now)).toBe(isSame);
  expect(matchTag(now, 'connection', sessionTag(then))).toBe(isSame ? 'match' : 'mismatch');
});

describe('how certainly a compare tells', () => {
  it.each([
    ['a session with its port', {}, 'exact'],
    ['a session without server', { server: '' }, 'approximate'],
    ['a session without user', { user: null }, 'approximate'],
    ['a session without address', { host: null }, 'approximate'],
    ['a session on a socket', { host: 'localhost' }, 'approximate'],
    ['a session with a name after the colon', { host: 'h:web' }, 'approximate'],
    ['a session with text after the port', { host: 'h:1x' }, 'approximate'],
  ] as const)('%s', (_title, over, strength) => {
    expect(identityStrength(aSession(over), 'connection')).toBe(strength);
  });

  it('a statement, by the identity that the engine gave it', () => {
    expect(identityStrength({ ...aStatement('7', 1), host: null }, 'query')).toBe('exact');
    expect(identityStrength(aStatement(null, 1), 'query')).toBe('approximate');
    expect(identityStrength(aSession(), 'query')).toBe('approximate');
  });
});

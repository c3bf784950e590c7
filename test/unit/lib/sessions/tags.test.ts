import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Session } from '../../../../lib/sessions/session.ts';
import { matchTag, sessionTag, statementTag } from '../../../../lib/sessions/tags.ts';
import { aSession } from '../reaper/a-session.ts';

const id = fc.bigInt({ min: 1n, max: 10n ** 20n - 1n }).map(String);
const text = fc.option(fc.string({ maxLength: 20 }), { nil: null });
const statement = fc.record({
  text: fc.string(),
  digest: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
  id: fc.constantFrom('7', 'Y-1', '900'),
  startedAt: fc.constant(null),
});
const session = fc
  .record({ id, server: fc.string({ maxLength: 10 }), user: text, host: text, statement })
  .map((over): Session => aSession(over));

it('names one session: another server, ID, user or address has another tag', () => {
  fc.assert(
    fc.property(session, session, (a, b) => {
      const same = a.id === b.id && a.server === b.server && a.user === b.user && a.host === b.host;
      expect(sessionTag(a) === sessionTag(b)).toBe(same);
      expect(matchTag(b, 'connection', sessionTag(a))).toBe(same ? 'match' : 'mismatch');
    }),
  );
});

it('does not run neighbouring fields together', () => {
  expect(sessionTag(aSession({ user: 'a', host: 'bc' }))).not.toBe(sessionTag(aSession({ user: 'ab', host: 'c' })));
  expect(sessionTag(aSession({ user: null }))).not.toBe(sessionTag(aSession({ user: '' })));
});

it('names one execution of one statement, and no session', () => {
  fc.assert(
    fc.property(session, statement, (a, other) => {
      if (a.statement === null) return;
      const tag = statementTag(a, a.statement);
      expect(matchTag(a, 'query', tag)).toBe('match');
      expect(matchTag(a, 'connection', tag)).toBe('invalid');
      const now = { ...a, statement: other };
      const same = other.id === a.statement.id && other.digest === a.statement.digest;
      expect(matchTag(now, 'query', tag)).toBe(same ? 'match' : 'mismatch');
    }),
  );
});

it('is neither match nor mismatch once the statement is told apart in another way, unless its text is another', () => {
  const one = fc.record({ digest: fc.constantFrom('a', 'b'), startedAt: fc.constantFrom(5, 900, null) });
  fc.assert(
    fc.property(one, one, (then, now) => {
      const [exact, byText] = [
        { text: 'x', id: '7' },
        { text: 'x', id: null },
      ];
      const found = aSession({ statement: { ...exact, ...now } });
      const isOther = then.digest !== now.digest;
      expect(matchTag(found, 'query', statementTag(found, { ...byText, ...then }))).toBe(
        isOther ? 'mismatch' : 'unknown',
      );
      // An engine's own identity does not tell the text.
      const lost = aSession({ statement: { ...byText, ...now } });
      expect(matchTag(lost, 'query', statementTag(lost, { ...exact, ...then }))).toBe('unknown');
    }),
  );
});

it('never matches with any of its characters changed', () => {
  const a = aSession({ statement: { text: 'x', digest: 'd', id: '7', startedAt: null } });
  const [ofSession, ofStatement] = [
    sessionTag(a),
    statementTag(a, a.statement ?? { text: '', digest: '', id: null, startedAt: null }),
  ];
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 32, max: 126 }), (query, at, code) => {
      const tag = query ? ofStatement : ofSession;
      const place = at % tag.length;
      const forged = tag.slice(0, place) + String.fromCharCode(code) + tag.slice(place + 1);
      if (forged !== tag) expect(matchTag(a, query ? 'query' : 'connection', forged)).not.toBe('match');
    }),
  );
});

it('stays what it is from version to version, for callers that hold it meanwhile', () => {
  const one = aSession({ statement: { text: 'x', digest: 'd', id: '7', startedAt: 5 } });
  expect(sessionTag(one)).toBe('Vy5srRwRx1ejFL7of_Hl2q');
  expect(one.statement && statementTag(one, one.statement)).toBe('Vy5srRwRx1ejFL7of_Hl2q.SYU0t3_MnJCUyPBUjL8MtT');
});

import { describe, expect, it } from 'vitest';
import { toIntent } from '../../../../lib/sessions/intent.ts';
import { sessionTag, statementTag } from '../../../../lib/sessions/tags.ts';
import { aSession, running } from '../reaper/a-session.ts';
import { CONTEXT } from './an-order.ts';

describe('an intent', () => {
  it('records who ends what and why, the statement without literals', () => {
    const session = aSession({ command: 'Query', statement: running("SELECT 'x'") });
    expect(toIntent(session, 'query', CONTEXT)).toEqual({
      target: 'local',
      principal: { source: 'jwt', subject: 'ops' },
      kind: 'query',
      sessionId: '42',
      sessionTag: sessionTag(session),
      statementTag: session.statement && statementTag(session, session.statement),
      user: 'app',
      host: '10.0.0.7:53211',
      db: 'shop',
      command: 'Query',
      time: 700,
      statement: 'SELECT ?',
      identity: 'exact',
      reaper: null,
      reason: 'why',
      correlationId: 'c',
    });
  });

  it('holds nothing that would command a terminal or turn a text round, whoever it comes from', () => {
    const evil = '\x1b[2J\u009b1m\u202e\n\u2066';
    const session = aSession({ user: evil, host: evil, db: evil, command: evil, statement: running(`SELECT ${evil}`) });
    const principal = { ...CONTEXT.principal, subject: evil };
    const intent = toIntent(session, 'query', {
      ...CONTEXT,
      principal,
      reason: evil,
      correlationId: evil,
      reaper: evil,
    });
    for (const value of Object.values({ ...intent.principal, ...intent, principal: '' }))
      expect(String(value)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    const shown = '\\u001b[2J\\u009b1m\\u202e\\u000a\\u2066';
    expect(intent).toMatchObject({ principal: { subject: shown }, user: shown, host: shown, db: shown, reason: shown });
    // Tags are of the session as it is.
    expect(intent.sessionTag).toBe(sessionTag(session));
  });

  it('names the reaper, and no statement where none runs', () => {
    expect(toIntent(aSession(), 'connection', { ...CONTEXT, reaper: 'idle' })).toMatchObject({
      reaper: 'idle',
      statement: null,
      statementTag: null,
    });
  });

  it('holds no more of a statement than a record may', () => {
    const session = aSession({ statement: running(`SELECT ${'a'.repeat(2_000)}`) });
    expect(toIntent(session, 'query', CONTEXT).statement).toBe(`SELECT ${'a'.repeat(1_017)}`);
  });
});

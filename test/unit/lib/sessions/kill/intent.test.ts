import { describe, expect, it } from 'vitest';
import { NO_CALLER } from '../../../../../lib/privileges/principal.ts';
import { toIntent } from '../../../../../lib/sessions/kill/intent.ts';
import { sessionTag, statementTag } from '../../../../../lib/sessions/tags.ts';
import { aSession, running } from '../../reaper/a-session.ts';
import { CONTEXT } from '../an-order.ts';

describe('an intent', () => {
  it('records who ends what and why, the statement without literals', () => {
    const session = aSession({ command: 'Query', statement: running("SELECT 'x'") });
    expect(toIntent(session, 'query', CONTEXT)).toEqual({
      target: 'local',
      principal: { source: 'jwt', subject: 'ops' },
      caller: NO_CALLER,
      agent: null,
      approver: null,
      approvalRequest: null,
      rule: null,
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
      escalates: null,
      filter: null,
      count: null,
      correlationId: 'c',
    });
  });

  it('holds nothing that would command a terminal or turn a text round, no matter who it comes from', () => {
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

  it('names the person, who approved and the rule in fields of their own', () => {
    const caller = { ...NO_CALLER, sessionName: 'ada', sourceIp: '203.0.113.7' };
    const approver = { source: 'slack', subject: 'bob', groups: ['dba'], claims: {} } as const;
    const principal = { ...CONTEXT.principal, caller };
    const given = { ...CONTEXT, principal, approver, approvalRequest: 'r', rule: 'access[0] sub: ops' };
    expect(toIntent(aSession(), 'connection', given)).toMatchObject({
      caller,
      approver: { source: 'slack', subject: 'bob' },
      approvalRequest: 'r',
      rule: 'access[0] sub: ops',
      reason: 'why',
    });
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

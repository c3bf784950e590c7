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

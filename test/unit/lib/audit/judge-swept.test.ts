import { describe, expect, it } from 'vitest';
import { type AuditRecord, NO_FACTS } from '../../../../lib/audit/audit.ts';
import { judgeSwept, judgeUnsent } from '../../../../lib/audit/sweep.ts';
import { toIntent } from '../../../../lib/sessions/kill/intent.ts';
import type { Session } from '../../../../lib/sessions/session.ts';
import { sessionTag } from '../../../../lib/sessions/tags.ts';
import { anIntent } from '../../../contract/an-intent.ts';
import { aSession } from '../reaper/a-session.ts';
import { CONTEXT } from '../sessions/an-order.ts';

const victim = aSession({ id: '7' });
const own = aSession({ id: '1', user: 'warden' });
/** What OceanBase, and MySQL to a barer account, show of a session whose work they undo. */
const nameless: Session = { ...aSession({ id: '7', command: 'Killed' }), user: null, host: null, lingering: true };

const aRecord = (over: Partial<AuditRecord> = {}): AuditRecord => ({
  ...anIntent({
    kind: 'connection',
    sessionId: victim.id,
    sessionTag: sessionTag(victim),
    user: victim.user,
    host: victim.host,
  }),
  ...{ id: 'r', at: '2026-01-01T00:00:00.000Z', outcome: null, proven: false, detail: null, outcomeAt: null },
  ...over,
});

describe('a swept record of a session that has left the list', () => {
  it('is terminated where nothing of it is left', () => {
    expect(judgeSwept(aRecord(), { sessions: [own] })).toMatchObject({ outcome: 'terminated', proven: false });
  });

  it('is terminated by whatever name it went, which the record holds in an escaped form', () => {
    const turned = aSession({ id: '7', user: 'app\u202e\x1b', host: '10.0.0.7\n:1' });
    const { user, host, sessionTag: tag } = toIntent(turned, 'connection', CONTEXT);
    expect(judgeSwept(aRecord({ user, host, sessionTag: tag }), { sessions: [own] })).toMatchObject({
      outcome: 'terminated',
    });
  });

  it('is pending while the server undoes its work, though it shows nothing but the ID of whom', () => {
    expect(judgeSwept(aRecord(), { sessions: [own, nameless] })).toMatchObject({ outcome: 'pending', proven: false });
  });

  it('stays pending as long as that takes', () => {
    expect(judgeSwept(aRecord({ outcome: 'pending' }), { sessions: [own, nameless] })).toBeUndefined();
  });

  it('does not mind what is undone of another session', () => {
    const other: Session = { ...nameless, id: own.id };
    expect(judgeSwept(aRecord(), { sessions: [own, other] })).toMatchObject({ outcome: 'terminated' });
  });
});

describe('a swept record of a statement that may still run', () => {
  const running = (id: string | null): Session =>
    aSession({ id: '7', command: 'Query', statement: { text: 'x', digest: 'd', id, startedAt: 5 } });
  const { statementTag } = toIntent(running('9'), 'query', CONTEXT);
  const record = aRecord({ kind: 'query', statementTag });

  it('is query-cancelled once another runs', () => {
    expect(judgeSwept(record, { sessions: [own, running('10')] })).toMatchObject({ outcome: 'query-cancelled' });
  });

  it('is unknown, or stays pending, where no identity tells the two apart now', () => {
    const look = { sessions: [own, running(null)] };
    expect(judgeSwept(record, look)).toMatchObject({ outcome: 'unknown', proven: false });
    expect(judgeSwept({ ...record, outcome: 'pending' }, look)).toBeUndefined();
  });
});

describe('a swept record for which nothing can have been sent', () => {
  it('is refused: a request that no one decided, and a refusal that was not closed', () => {
    const undecided = aRecord({ approver: null, approvalRequest: 'r' });
    expect(judgeUnsent(undecided)).toMatchObject({ outcome: 'refused', detail: 'expired' });
    expect(judgeUnsent(aRecord({ ...NO_FACTS, approvalRequest: null }))).toMatchObject({ outcome: 'refused' });
  });

  it('is none that has a session, approved or not', () => {
    expect(judgeUnsent(aRecord())).toBeUndefined();
    expect(judgeUnsent(aRecord({ approver: null, approvalRequest: null }))).toBeUndefined();
  });
});

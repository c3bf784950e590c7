import { type AuditOutcome, type Intent, NO_FACTS } from '../../lib/audit/audit.ts';
import { NO_CALLER } from '../../lib/privileges/principal.ts';
import { sessionId } from '../../lib/sessions/session.ts';

/** An intent as a kill would write it; state only what the test is about. */
export const anIntent = (over: Partial<Intent> = {}): Intent => ({
  target: 'pay',
  principal: { source: 'jwt', subject: 'ada' },
  caller: {
    sessionName: 'ada@example.com',
    sourceIp: '203.0.113.7',
    userAgent: 'curl/8.5',
    issuer: 'https://id.example.com',
    client: 'cli',
  },
  agent: 'claude-code/2.1',
  approver: { source: 'slack', subject: 'bob' },
  approvalRequest: 'request-of-ada-1234567',
  rule: 'access[1] group: payments',
  kind: 'connection',
  sessionId: sessionId('18446744073709551615'),
  sessionTag: 'session-tag',
  statementTag: 'statement-tag',
  user: 'app',
  host: '10.0.0.7:53211',
  db: 'shop',
  command: 'Query',
  time: 12.5,
  statement: "SELECT ? /* ünï \u0000 💥 '; -- */",
  identity: 'exact',
  reaper: 'idle-app',
  reason: 'blocks the nightly run',
  escalates: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  filter: '{"user":"app"}',
  count: 3,
  correlationId: 'request-1',
  ...over,
});

/** How a kill that worked is closed. */
export const TERMINATED: AuditOutcome = { outcome: 'terminated', proven: true, detail: null };

/** The fields of an intent that may be `null`, all of them so. */
export const NOTHING: Partial<Intent> = {
  ...NO_FACTS,
  caller: NO_CALLER,
  agent: null,
  approver: null,
  approvalRequest: null,
  rule: null,
  sessionId: null,
  reaper: null,
  reason: null,
  escalates: null,
  filter: null,
  count: null,
};

import type { AuditOutcome, Intent } from '../../lib/audit/audit.ts';
import { sessionId } from '../../lib/sessions/session.ts';

/** An intent as a kill would write it; state only what the test is about. */
export const anIntent = (over: Partial<Intent> = {}): Intent => ({
  target: 'pay',
  principal: { source: 'jwt', subject: 'ada' },
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
  correlationId: 'request-1',
  ...over,
});

/** How a kill that worked is closed. */
export const TERMINATED: AuditOutcome = { outcome: 'terminated', proven: true, detail: null };

/** The fields of an intent that may be `null`, all of them so. */
export const NOTHING: Partial<Intent> = {
  statementTag: null,
  user: null,
  host: null,
  db: null,
  time: null,
  statement: null,
  reaper: null,
  reason: null,
};

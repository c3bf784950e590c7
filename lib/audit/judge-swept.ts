import { isBeingKilled, type Session } from '../sessions/session.ts';
import { matchTag, sessionTag } from '../sessions/tags.ts';
import { asItWas } from '../visible.ts';
import { type AuditOutcome, type AuditRecord, isUndecided } from './audit.ts';

/** The outcome of a record for which nothing can have been sent, so that no server need be asked; `undefined` for any other. */
export function judgeUnsent(record: AuditRecord): AuditOutcome | undefined {
  if (isUndecided(record)) return closed('refused', 'expired');
  if (record.kind === 'stop' || record.kind === 'resume') return closed('unknown', 'sweep: see GET /stop');
  return record.sessionTag === null ? closed('refused', 'sweep: nothing was sent') : undefined;
}

/** What a look at a target showed. */
export interface Look {
  /** The rows of the sessions asked for, and our own. */
  readonly sessions: readonly Session[];
}

const closed = (outcome: AuditOutcome['outcome'], detail: string): AuditOutcome => ({ outcome, proven: false, detail });

/**
 * The outcome of a record that nobody closed, or that is pending, by what stands on the server now. It is never `proven`: what is gone may
 * have gone by itself, or was never sent a KILL.
 *
 * - session gone: `terminated`; for a query `unknown`, since nobody saw whether its statement ended first
 * - statement gone, session there: `query-cancelled`
 * - there, and the server says that it is being killed: `pending`
 * - there, and the record says that the server took the KILL: none, it stays `pending`
 * - there and not killed: `unknown`; so is a statement that may be the same one
 * - the server does not show it in full: none, it stays open
 * - another server answers than the one that held the session: `unknown`
 */
export function judgeSwept(record: AuditRecord, { sessions }: Look): AuditOutcome | undefined {
  const { kind, statementTag } = record;
  const now = sessions.find((session) => session.id === record.sessionId && sessionTag(session) === record.sessionTag);
  if (now === undefined) {
    const isLingering = kind === 'connection' && lingers(record, sessions);
    // Whoever answers, what is pending may be what lingers here.
    if (isLingering && record.outcome === 'pending') return undefined;
    if (!isSameServer(record, sessions)) return closed('unknown', 'sweep: another server');
    if (isLingering) return closed('pending', 'sweep: being killed');
    return kind === 'connection'
      ? closed('terminated', 'sweep: session gone')
      : closed('unknown', 'sweep: session gone');
  }
  if (now.readInPart) return undefined;
  // Which it is may not be known either: then it may run.
  const runs = now.statement !== null && statementTag !== null && matchTag(now, 'query', statementTag) !== 'mismatch';
  if (kind === 'query' && !runs) return closed('query-cancelled', 'sweep: statement gone');
  // It was seen to take the KILL, and servers do not always show that they roll back.
  if (record.outcome === 'pending') return undefined;
  return isBeingKilled(now) ? closed('pending', 'sweep: being killed') : closed('unknown', 'sweep: still there');
}

/** Some servers show of a session whose work they undo its ID alone, so that its tag is another one. */
const lingers = ({ sessionId }: AuditRecord, sessions: readonly Session[]): boolean =>
  sessions.some(({ id, lingering, user }) => lingering === true && id === sessionId && user === null);

const orNull = (shown: string | null): string | null => (shown === null ? null : asItWas(shown));

/** A tag holds the server that listed the session: if one that answers now gives the same tag, it is that server. */
const isSameServer = ({ sessionId: id, user, host, sessionTag: tag }: AuditRecord, sessions: readonly Session[]) =>
  id !== null &&
  sessions.some((session) => sessionTag({ ...session, id, user: orNull(user), host: orNull(host) }) === tag);

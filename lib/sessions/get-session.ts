import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { mayView } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../targets/with-target.ts';
import { NOT_VIEWED, waitsKnownTo } from './blockers.ts';
import { blockingOf } from './lock-wait.ts';
import { recordRead } from './on-record.ts';
import type { Session, SessionId } from './session.ts';
import { type SessionView, showsLiterals, toView, type Viewer, viewerOf } from './session-view.ts';

export interface GetRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly id: SessionId;
  readonly full: boolean;
}

/** A session that waits for one that is asked about. */
export interface HeldUp {
  /** `null` where the caller may not view it. */
  readonly id: SessionId | null;
  readonly seconds: number | null;
  /** It may or may not wait for this one: the server does not say for certain. */
  readonly likely: boolean;
}

/** One that a session waits for. */
export interface WaitsFor extends HeldUp {
  /** What it waits for, in the server's words: `row lock`, `table metadata lock`. */
  readonly lock: string;
  /** Why the holder has no ID here: it is not known, is no session, or may not be viewed; `null` where it has one. */
  readonly reason: string | null;
  /** Prepared XA transactions, one of which holds the lock. */
  readonly xa: readonly string[];
}

/** The locks that a session holds others up with, and those that it waits for itself. */
export interface SessionLocks {
  /** Whether it holds up another session; `null` where it may hold a lock whose holder is not known. */
  readonly blocking: boolean | null;
  readonly blocks: readonly HeldUp[];
  readonly waitsFor: readonly WaitsFor[];
}

/** A session, and its part in who blocks whom; `locks` is `null` where the server does not tell our account. */
export interface SessionDetail extends SessionView {
  readonly locks: SessionLocks | null;
}

/** Locks come on top: where the account may not read them, the session is shown without. */
async function locksOf(database: Database, session: Session, { access }: Viewer): Promise<SessionLocks | null> {
  const waits = await database.lockWaits().catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'target-privilege-missing') return null;
    throw error;
  });
  if (waits === null) return null;
  const { id } = session;
  const others = access.process
    ? []
    : waits.flatMap(({ waiter, blocker }) => (blocker === id ? [waiter] : waiter === id ? (blocker ?? []) : []));
  const own = (await database.list(others)).filter((one) => mayView(access, one));
  const shown = new Set([id, ...own.map((one) => one.id)]);
  const mayName = (one: SessionId): boolean => access.process || shown.has(one);
  const known = waitsKnownTo(access.process, mayName, waits);
  return {
    blocking: blockingOf(waits)(session) ?? null,
    blocks: known
      .filter(({ blocker }) => blocker === id)
      .map(({ waiter, seconds, likely = false }) => ({ id: mayName(waiter) ? waiter : null, seconds, likely })),
    waitsFor: known
      .filter(({ waiter }) => waiter === id)
      .map(({ blocker, seconds, lock, likely = false, reason = null, xa = [] }) => {
        const isNamed = blocker === null || mayName(blocker);
        return { id: isNamed ? blocker : null, seconds, likely, lock, reason: isNamed ? reason : NOT_VIEWED, xa };
      }),
  };
}

/** One session that the principal may view. @throws AppError `session-not-found` also where it may not; `audit-unavailable` as {@link import('./list-sessions.ts').listSessions} does */
export function getSession(services: Services, { principal, target, id, full }: GetRequest): Promise<SessionDetail> {
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database, full);
    const [session] = await database.list([id], { wholeStatements: full });
    if (session === undefined || !mayView(viewer.access, session)) throw new AppError('session-not-found');
    const shown = { ...toView(session, viewer, database), locks: await locksOf(database, session, viewer) };
    if (showsLiterals(viewer)) {
      const count = shown.statement?.text == null ? 0 : 1;
      await recordRead(services.audit, { principal, target, id, filter: null, count });
    }
    return shown;
  });
}

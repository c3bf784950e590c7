import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import { mayView } from '../privileges/seed-rule.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../with-target.ts';
import { waitsKnownTo } from './blockers.ts';
import { blockingOf } from './lock-wait.ts';
import type { Session, SessionId } from './session.ts';
import { type SessionView, toView, type Viewer } from './session-view.ts';
import { viewerOf } from './viewer.ts';

export interface GetRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly id: SessionId;
  readonly full: boolean;
}

/** A session that waits for one that is asked about. */
export interface HeldUp {
  readonly id: SessionId;
  readonly seconds: number | null;
  /** It may wait for this one, and may not: nobody knows for certain. */
  readonly likely: boolean;
}

/** One that a session waits for. */
export interface WaitsFor extends Omit<HeldUp, 'id'> {
  /** `null` where no session holds the lock, or nobody knows which. */
  readonly id: SessionId | null;
  /** What it waits for, in the server's words: `row lock`, `table metadata lock`. */
  readonly lock: string;
  /** Why the holder is not known, or is no session; `null` where it is known. */
  readonly reason: string | null;
  /** Prepared XA transactions, one of which holds the lock. */
  readonly xa: readonly string[];
}

/** The locks that a session holds others up with, and those that it waits for itself. */
export interface SessionLocks {
  /** Whether it holds up anybody; `null` where it may hold a lock whose holder nobody can name. */
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
  const likely = access.process
    ? []
    : waits.flatMap((wait) => (wait.likely && wait.waiter === id ? (wait.blocker ?? []) : []));
  const shown = new Set((await database.list(likely)).filter((one) => mayView(access, one)).map((one) => one.id));
  const known = waitsKnownTo(access.process, (one) => one === id || shown.has(one), waits);
  return {
    blocking: blockingOf(waits)(session) ?? null,
    blocks: known
      .filter(({ blocker }) => blocker === id)
      .map(({ waiter, seconds, likely: maybe = false }) => ({ id: waiter, seconds, likely: maybe })),
    waitsFor: known
      .filter(({ waiter }) => waiter === id)
      .map(({ blocker, seconds, lock, likely: maybe = false, reason = null, xa = [] }) => ({
        id: blocker,
        seconds,
        likely: maybe,
        lock,
        reason,
        xa,
      })),
  };
}

/** One session that the principal may view. @throws AppError `session-not-found` also where it may not. */
export function getSession(services: Services, { principal, target, id, full }: GetRequest): Promise<SessionDetail> {
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database, full);
    const [session] = await database.list([id], { wholeStatements: full });
    if (session === undefined || !mayView(viewer.access, session)) throw new AppError('session-not-found');
    return { ...toView(session, viewer, database), locks: await locksOf(database, session, viewer) };
  });
}

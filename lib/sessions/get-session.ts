import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import { mayView } from '../privileges/seed-rule.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../with-target.ts';
import type { SessionId } from './session.ts';
import { type SessionView, toView } from './session-view.ts';
import { viewerOf } from './viewer.ts';

export interface GetRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly id: SessionId;
  readonly full: boolean;
}

/** The locks that a session holds others up with, and those that it waits for itself. */
export interface SessionLocks {
  readonly blocks: readonly { readonly id: SessionId; readonly seconds: number | null }[];
  readonly waitsFor: readonly { readonly id: SessionId; readonly seconds: number | null }[];
}

/** A session, and its part in who blocks whom; `locks` is `null` where the server does not tell our account. */
export interface SessionDetail extends SessionView {
  readonly locks: SessionLocks | null;
}

/** Locks come on top: where the account may not read them, the session is shown without. */
async function locksOf(database: Database, id: SessionId): Promise<SessionLocks | null> {
  const waits = await database.lockWaits().catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'target-privilege-missing') return null;
    throw error;
  });
  if (waits === null) return null;
  return {
    blocks: waits.filter(({ blocker }) => blocker === id).map(({ waiter, seconds }) => ({ id: waiter, seconds })),
    waitsFor: waits.filter(({ waiter }) => waiter === id).map(({ blocker, seconds }) => ({ id: blocker, seconds })),
  };
}

/** One session that the principal may view. @throws AppError `session-not-found` also where it may not. */
export function getSession(services: Services, { principal, target, id, full }: GetRequest): Promise<SessionDetail> {
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database, full);
    const [session] = await database.list([id]);
    if (session === undefined || !mayView(viewer.access, session)) throw new AppError('session-not-found');
    return { ...toView(session, viewer, database), locks: await locksOf(database, id) };
  });
}

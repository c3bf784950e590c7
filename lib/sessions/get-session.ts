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

/** One session that the principal may view. @throws AppError `session-not-found` also where it may not. */
export function getSession(services: Services, { principal, target, id, full }: GetRequest): Promise<SessionView> {
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database, full);
    const [session] = await database.list([id]);
    if (session === undefined || !mayView(viewer.access, session)) throw new AppError('session-not-found');
    return toView(session, viewer, database);
  });
}

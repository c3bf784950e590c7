import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { SessionId } from './session.ts';
import type { SessionView } from './session-view.ts';

export interface GetRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly id: SessionId;
  readonly full: boolean;
}

/** One session that the principal may view. @throws AppError `session-not-found` also where it may not. */
export async function getSession(_services: Services, _request: GetRequest): Promise<SessionView> {
  throw new Error('not yet');
}

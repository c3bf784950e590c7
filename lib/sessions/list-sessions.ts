import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { SessionView } from './session-view.ts';

/** Which sessions to list. Text filters compare exactly, with `*` for any run of characters; they narrow together. */
export interface SessionQuery {
  readonly user?: string;
  /** The client's address, with or without its port. */
  readonly host?: string;
  readonly db?: string;
  readonly command?: string;
  readonly state?: string;
  /** Seconds in the present command, at least. A session whose time is unknown does not match. */
  readonly minTime?: number;
  /** Seconds asleep, at least: `command` Sleep and `minTime`. */
  readonly idleFor?: number;
  readonly inTransaction?: boolean;
  /** Part of the masked statement, whatever its case. */
  readonly text?: string;
  /** `id`, `time` or `user`, with a leading `-` for descending. */
  readonly sort: 'id' | '-id' | 'time' | '-time' | 'user' | '-user';
  /** Rows of a page, 1 to 1,000. */
  readonly limit: number;
  readonly cursor?: string;
  /** Statements with literals and whole, where the principal may read them so. */
  readonly full: boolean;
}

export interface ListRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly query: SessionQuery;
}

/** Lists the sessions that the principal may view. @throws AppError `request-invalid` for a cursor of another query. */
export async function listSessions(
  _services: Services,
  _request: ListRequest,
): Promise<{ readonly sessions: readonly SessionView[]; readonly next: string | null }> {
  throw new Error('not yet');
}

import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { KillResult } from './outcome.ts';
import type { KillKind, SessionId } from './session.ts';

export interface KillRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly id: SessionId;
  readonly kind: KillKind;
  /** What the caller sent in `If-Match`, without the quotes: a session tag for `connection`, a statement tag for `query`. */
  readonly tag: string | null;
  readonly reason: string | null;
  readonly correlationId: string;
  /** `query` only: seconds after which a statement that still runs costs it its session; `null`: never. */
  readonly escalateAfter: number | null;
}

/**
 * Ends one session or its statement, and says what became of it.
 *
 * @throws AppError `session-not-found`, `not-allowed`, `protected`, `tag-invalid`, `tag-mismatch`, `tag-required`,
 * `audit-unavailable`, and the `target-…` family.
 */
export async function killSession(_services: Services, _request: KillRequest): Promise<KillResult> {
  throw new Error('not yet');
}

import type { ErrorCode } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { IdentityStrength, Outcome } from './outcome.ts';
import type { KillKind, SessionId } from './session.ts';

export interface BulkKillRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly kills: readonly { readonly id: SessionId; readonly kind: KillKind; readonly tag: string | null }[];
  readonly reason: string | null;
  readonly correlationId: string;
}

/** What became of one of many. */
export interface BulkKillResult {
  readonly id: SessionId;
  readonly kind: KillKind;
  /** `null` where nothing could be decided; then `code` says why. */
  readonly outcome: Outcome | null;
  readonly identity: IdentityStrength | null;
  readonly proven: boolean;
  readonly auditId: string | null;
  /** The catalogue's code where this one was refused or failed (`session-not-found`, `tag-mismatch`, …). */
  readonly code: ErrorCode | null;
}

/** Ends up to 1,000 sessions or statements over one connection; one that fails does not hold the others. */
export async function killSessions(
  _services: Services,
  _request: BulkKillRequest,
): Promise<{ readonly target: string; readonly results: readonly BulkKillResult[] }> {
  throw new Error('not yet');
}

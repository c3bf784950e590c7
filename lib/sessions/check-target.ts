import type { Engine, MissingGrant } from '../database/database.ts';
import type { ErrorCode } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';

/** How a target is, and what its account lacks. */
export interface TargetHealth {
  readonly target: string;
  readonly reachable: boolean;
  readonly engine: Engine | null;
  readonly version: string | null;
  /** Milliseconds of one round trip, and of connecting. */
  readonly latencyMs: number | null;
  readonly connectMs: number | null;
  /** Statements are told apart by the engine's own identity. */
  readonly exactStatements: boolean;
  /** PROCESS, SUPER as the account holds them, successors and roles counted. */
  readonly privileges: { readonly process: boolean; readonly super: boolean };
  readonly missing: readonly MissingGrant[];
  /** Why it is not reachable: the catalogue's code and hint. */
  readonly problem: { readonly code: ErrorCode; readonly hint: string } | null;
}

/** Connects and reports; a target that cannot be reached is an answer here, not an error. */
export async function checkTarget(
  _services: Services,
  _request: { readonly principal: Principal; readonly target: string },
): Promise<TargetHealth> {
  throw new Error('not yet');
}

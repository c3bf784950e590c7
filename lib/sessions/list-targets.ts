import type { Engine } from '../database/database.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';

export interface TargetView {
  readonly name: string;
  /** `null` where it could not be reached. */
  readonly engine: Engine | null;
  readonly version: string | null;
  readonly reachable: boolean;
}

/** The targets that an access rule opens to the principal, each asked at once for engine and version. */
export async function listTargets(
  _services: Services,
  _request: { readonly principal: Principal },
): Promise<{ readonly targets: readonly TargetView[] }> {
  throw new Error('not yet');
}

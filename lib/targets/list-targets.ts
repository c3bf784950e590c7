import type { Engine } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { mayUseTarget } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import type { Target } from './credentials.ts';

export interface TargetView {
  readonly name: string;
  /** `null` where it could not be reached. */
  readonly engine: Engine | null;
  readonly version: string | null;
  readonly reachable: boolean;
}

const AT_ONCE = 8;

async function look(services: Services, target: Target): Promise<TargetView> {
  try {
    const database = await services.open(target);
    const { engine, version } = database.server;
    await database.close();
    return { name: target.name, engine, version, reachable: true };
  } catch (error) {
    // That we are on it ourselves, as often as we may, tells nothing of the target.
    if (error instanceof AppError && error.code === 'too-many-requests') throw error;
    return { name: target.name, engine: null, version: null, reachable: false };
  }
}

/**
 * The targets that an access rule opens to the principal, each asked for engine and version, a few at a time.
 *
 * @throws AppError `too-many-requests`
 */
export async function listTargets(
  services: Services,
  { principal }: { readonly principal: Principal },
): Promise<{ readonly targets: readonly TargetView[] }> {
  const targets = (await services.targets.list()).filter(({ name }) =>
    mayUseTarget(services.config.access, principal, name),
  );
  const views: TargetView[] = [];
  // Stryker disable next-line EqualityOperator: past the last there is no target to ask
  for (let start = 0; start < targets.length; start += AT_ONCE)
    views.push(...(await Promise.all(targets.slice(start, start + AT_ONCE).map((target) => look(services, target)))));
  return { targets: views };
}

import type { Purpose } from '../database/connection-limit.ts';
import type { Database, KillingDatabase } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { mayUseTarget } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { annotate } from '../telemetry/call.ts';

/** Which target a call is for, and what it wants there. */
interface TargetCall {
  /** The target's name. */
  readonly target: string;
  readonly correlationId?: string;
  readonly purpose?: Purpose;
  /** Records a demand to end something where no rule opens the target. */
  readonly asStranger?: () => Promise<unknown>;
}

/** What to do on a connection. Who looks takes the first argument; the second is the same connection, for who ends sessions. */
type Work<Result> = (database: Database, toKill: KillingDatabase) => Promise<Result>;

/**
 * Runs work on a target's one connection: opened once an access rule opens the target to the principal, closed whatever
 * happens.
 *
 * @throws AppError `target-not-found` alike for a target that there is not and for one that no rule opens
 */
export async function withTarget<Result>(
  services: Services,
  { principal, ...call }: { readonly principal: Principal } & TargetCall,
  work: Work<Result>,
): Promise<Result> {
  if (!mayUseTarget(services.config.access, principal, call.target)) {
    await call.asStranger?.();
    throw new AppError('target-not-found');
  }
  return onTarget(services, call, work);
}

/**
 * Runs work on a target's one connection, without asking for whom: for callers that have been judged, and for reapers, which the
 * configuration itself lets in.
 *
 * @throws AppError `target-not-found`
 */
export async function onTarget<Result>(
  services: Services,
  { target: name, correlationId, purpose }: TargetCall,
  work: Work<Result>,
): Promise<Result> {
  const target = await services.targets.find(name);
  if (target === undefined) throw new AppError('target-not-found');
  annotate({ target: name });
  const database = await services.open(target, correlationId, purpose);
  try {
    return await work(database, database);
  } finally {
    await database.close();
  }
}

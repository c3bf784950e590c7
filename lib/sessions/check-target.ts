import { processGrant, superGrant } from '../database/account-grants.ts';
import type { Database, Engine, MissingGrant } from '../database/database.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { mayUseTarget } from '../privileges/access-rules.ts';
import { anyGlobMatches } from '../privileges/glob.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Reaper } from '../reaper/policy-schema.ts';
import { undecidable } from '../reaper/when.ts';
import type { Services } from '../services.ts';
import { viewerOf } from './viewer.ts';

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
  /** Reapers that can never act there, and why: what they wait for is not told by this server. */
  readonly undecided: readonly { readonly reaper: string; readonly reason: string }[];
  /** Why it is not reachable: the catalogue's code and hint. */
  readonly problem: { readonly code: ErrorCode; readonly hint: string } | null;
}

const elapsed = (since: number): number => Math.round((performance.now() - since) * 10) / 10;

/** Failures that tell nothing of the target. */
const OURS: readonly ErrorCode[] = ['privilege-needed', 'too-many-requests'];

/** Reapers of the target whose `when` cannot be decided on its server. */
async function undecidedOn(database: Database, target: string, reapers: readonly Reaper[]) {
  const asking = reapers.filter(
    ({ targets, when }) => when.connectionsUsed !== undefined && anyGlobMatches(targets, target),
  );
  if (asking.length === 0) return [];
  const most = await database.maxConnections();
  return asking.flatMap(({ name, when }) => {
    const reason = undecidable(when, most);
    return reason === null ? [] : [{ reaper: name, reason }];
  });
}

async function report(
  database: Database,
  target: string,
  connectMs: number,
  reapers: readonly Reaper[],
): Promise<TargetHealth> {
  const { engine, version, account, managed } = database.server;
  const before = performance.now();
  await database.find([database.server.ownId]);
  const latencyMs = elapsed(before);
  const privileges = await database.ownPrivileges();
  const missing: MissingGrant[] = [...(await database.findMissingGrants())];
  if (!privileges.super && !managed) missing.unshift(superGrant(database.superPrivilege, account));
  if (!privileges.process) missing.unshift(processGrant(account));
  return {
    target,
    reachable: true,
    engine,
    version,
    latencyMs,
    connectMs,
    exactStatements: database.exactStatements,
    privileges,
    missing,
    undecided: await undecidedOn(database, target, reapers),
    problem: null,
  };
}

/**
 * Connects and reports; a target that cannot be reached is an answer here, not an error. Asks for PROCESS on the target,
 * since the answer names our account.
 *
 * @throws AppError `target-not-found`, `privilege-needed`, `too-many-requests`
 */
export async function checkTarget(
  services: Services,
  { principal, target: name }: { readonly principal: Principal; readonly target: string },
): Promise<TargetHealth> {
  const { access } = services.config;
  const target = mayUseTarget(access, principal, name) ? await services.targets.find(name) : undefined;
  if (target === undefined) throw new AppError('target-not-found');
  let database: Database | undefined;
  try {
    const before = performance.now();
    database = await services.open(target);
    const connectMs = elapsed(before);
    const open = database;
    const viewer = await viewerOf(services, principal, name, open);
    if (!viewer.access.process) throw new AppError('privilege-needed', { detail: 'PROCESS' });
    return await report(open, name, connectMs, services.config.reapers);
  } catch (error) {
    if (!(error instanceof AppError) || OURS.includes(error.code)) throw error;
    return { ...UNREACHABLE, target: name, problem: { code: error.code, hint: error.hint } };
  } finally {
    await database?.close();
  }
}

const UNREACHABLE = {
  reachable: false,
  engine: null,
  version: null,
  latencyMs: null,
  connectMs: null,
  exactStatements: false,
  privileges: { process: false, super: false },
  missing: [],
  undecided: [],
} as const;

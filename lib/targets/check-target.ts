import type { Database, Engine, MissingGrant } from '../database/database.ts';
import { grantsThatShow, processGrant, superGrant } from '../database/grants.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { mayUseTarget } from '../privileges/access-rules.ts';
import { anyGlobMatches } from '../privileges/glob.ts';
import type { Principal } from '../privileges/principal.ts';
import { protectedReason } from '../privileges/protected-sessions.ts';
import { type Undecidable, type UndecidableRule, undecidableOf } from '../reaper/asked.ts';
import type { Reaper } from '../reaper/policy-schema.ts';
import type { Services } from '../services.ts';
import type { LockWait } from '../sessions/lock-wait.ts';
import { isAsleep, type Session } from '../sessions/session.ts';
import { viewerOf } from '../sessions/session-view.ts';
import type { Encryption } from './credentials.ts';

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
  /** Where the process list is read from, and, where there is a better place, why not from there. `null` where it cannot be reached. */
  readonly source: { readonly name: string; readonly weakness: string | null } | null;
  /** Our own session is in that list; one that leaves us out leaves others out too, and nothing is ended by it. `null` where it cannot be reached. */
  readonly canary: boolean | null;
  /** What was reached of an OceanBase cluster: an observer, or its proxy, which gives clients IDs of their own (v2) or not (v1). */
  readonly endpoint?: 'observer' | 'odp-v1' | 'odp-v2' | undefined;
  /** How our connection there is encrypted, and why that is not the best there is. `null` where it cannot be reached. */
  readonly encryption: Encryption | null;
  /** Connections used and allowed; `null` where the server tells no limit. On a cluster, those of the fullest node. */
  readonly connections: { readonly used: number; readonly most: number } | null;
  /** Sessions that are not asleep, without protected ones and our own; `null` where it cannot be reached. */
  readonly running: number | null;
  /** Sessions that wait for a lock; `null` where the server does not tell. */
  readonly waiting: number | null;
  /** PROCESS, SUPER as the account holds them, successors and roles counted. */
  readonly privileges: { readonly process: boolean; readonly super: boolean };
  readonly missing: readonly MissingGrant[];
  /** The reapers for this target that ask for what it never shows: no session that depends on it is ended. */
  readonly undecidable: readonly UndecidableRule[];
  /** Why it is not reachable: the catalogue's code and hint, and what is known of this very case. */
  readonly problem: { readonly code: ErrorCode; readonly detail: string | null; readonly hint: string } | null;
}

const elapsed = (since: number): number => Math.round((performance.now() - since) * 10) / 10;

/** Failures that tell nothing of the target. */
const OURS: readonly ErrorCode[] = ['privilege-needed', 'too-many-requests'];

/** What a server says of itself as a whole. */
interface Told {
  readonly connections: Awaited<ReturnType<Database['connections']>>;
  /** `null` where it is hidden, and then there is a reason. */
  readonly waits: readonly LockWait[] | null;
  readonly hidden: string | null;
}

async function ask(database: Database): Promise<Told> {
  const connections = await database.connections();
  try {
    const waits = await database.lockWaits();
    return { connections, waits, hidden: waits === null ? 'The server does not tell who waits for whom.' : null };
  } catch (error) {
    if (error instanceof AppError && error.code === 'target-privilege-missing')
      return { connections, waits: null, hidden: error.detail ?? error.hint };
    throw error;
  }
}

async function undecidableRules(
  database: Database,
  reapers: readonly Reaper[],
  missing: readonly MissingGrant[],
  { connections, waits, hidden }: Told,
): Promise<readonly UndecidableRule[]> {
  if (reapers.length === 0) return [];
  const { engine, ownId } = database.server;
  // What is not shown of our own session is shown of no other.
  const sessions = await database.list([ownId], { resources: true });
  return reapers.flatMap((reaper) =>
    undecidableOf(reaper, { sessions, maxConnections: connections?.most ?? null, waits }).map(
      ({ field, why }: Undecidable) => ({
        reaper: reaper.name,
        field,
        why: field === 'locks' && hidden !== null ? hidden : why,
        grants: grantsThatShow(field, engine, missing),
      }),
    ),
  );
}

/** Clients that a proxy gave an ID of its own have one below 2^31. */
function endpointOf({ id, proxySessionId }: Session): 'observer' | 'odp-v1' | 'odp-v2' {
  if (proxySessionId === null) return 'observer';
  return BigInt(id) < 2n ** 31n ? 'odp-v2' : 'odp-v1';
}

/** How busy the server is, from one look at it. */
function loadOf(
  { server: { ownId, engine } }: Database,
  sessions: readonly Session[],
  protectedUsers: readonly string[],
  { connections, waits }: Told,
): Pick<TargetHealth, 'connections' | 'running' | 'waiting'> {
  const isOfOthers = (session: Session): boolean =>
    protectedReason(session, { ownId, engine, protectedUsers }) === null;
  return {
    connections: connections === null ? null : { used: connections.used ?? sessions.length, most: connections.most },
    running: sessions.filter((session) => !isAsleep(session.command) && isOfOthers(session)).length,
    waiting: waits === null ? null : new Set(waits.map(({ waiter }) => waiter)).size,
  };
}

async function report(
  database: Database,
  target: string,
  connectMs: number,
  reapers: readonly Reaper[],
  sessions: readonly Session[],
  protectedUsers: readonly string[],
): Promise<TargetHealth> {
  const { engine, version, account, managed } = database.server;
  const before = performance.now();
  const [own] = await database.find([database.server.ownId]);
  const latencyMs = elapsed(before);
  const told = await ask(database);
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
    source: database.source,
    canary: true,
    ...(own !== undefined && own.tenant !== null && { endpoint: endpointOf(own) }),
    encryption: database.server.encryption,
    ...loadOf(database, sessions, protectedUsers, told),
    privileges,
    missing,
    undecidable: await undecidableRules(database, reapers, missing, told),
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
  let canary: boolean | null = null;
  try {
    const before = performance.now();
    database = await services.open(target);
    const connectMs = elapsed(before);
    const open = database;
    const viewer = await viewerOf(services, principal, name, open);
    if (!viewer.access.process) throw new AppError('privilege-needed', { detail: 'PROCESS' });
    const reapers = services.config.reapers.filter(({ targets }) => anyGlobMatches(targets, name));
    canary = false;
    const sessions = await open.list();
    canary = true;
    return await report(open, name, connectMs, reapers, sessions, viewer.protectedUsers);
  } catch (error) {
    if (!(error instanceof AppError) || OURS.includes(error.code)) throw error;
    return {
      ...UNREACHABLE,
      target: name,
      canary,
      problem: { code: error.code, detail: error.detail ?? null, hint: error.hint },
    };
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
  source: null,
  encryption: null,
  connections: null,
  running: null,
  waiting: null,
  privileges: { process: false, super: false },
  missing: [],
  undecidable: [],
} as const;

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { anyGlobMatches } from '../privileges/glob.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { sessionTag } from '../sessions/tags.ts';
import { viewerOf } from '../sessions/viewer.ts';
import { refuseWhileStopped } from '../stop-switch.ts';
import { count } from '../telemetry/samples.ts';
import { onTarget, withTarget } from '../with-target.ts';
import { type Choice, type Chosen, choose } from './choose.ts';
import { endVictims } from './end-victims.ts';
import type { Snapshot } from './facts.ts';
import { heldBy, recordHeld } from './limits.ts';
import { isExpired, type Reaper } from './policy-schema.ts';
import { type ReapReport, toReport } from './report.ts';
import { compileRule, needsLocks, needsMaxConnections, needsResources, type Rule } from './rule.ts';
import { seenTag } from './seen-tag.ts';

/** A run of one reaper on one target. */
export interface ReapRequest {
  readonly principal: Principal;
  readonly target: string;
  /** The reaper's name. */
  readonly reaper: string;
  /** True: choose and explain, and end nothing. */
  readonly dryRun: boolean;
  readonly correlationId: string;
  /** Session tags: of those that the rule chooses, only these, which a person has seen. */
  readonly only?: readonly string[];
}

/** The reaper of this name that is meant for the target. @throws AppError `reaper-not-found` */
export function reaperFor({ config }: Pick<Services, 'config'>, name: string, target: string): Reaper {
  const reaper = config.reapers.find((one) => one.name === name);
  if (reaper === undefined || !anyGlobMatches(reaper.targets, target)) throw new AppError('reaper-not-found');
  return reaper;
}

/** One look at the server, with as much as the rule asks for. */
async function look(database: Database, { reaper }: Rule): Promise<Snapshot> {
  return {
    sessions: await database.list(undefined, needsResources(reaper)),
    waits: needsLocks(reaper) ? await database.lockWaits() : null,
    maxConnections: needsMaxConnections(reaper) ? await database.maxConnections() : null,
    ownId: database.server.ownId,
  };
}

/** A person needs PROCESS to see what a rule would do, and SUPER to have it done; the schedule is let in by the configuration. */
async function authorize(services: Services, { principal, target, dryRun }: ReapRequest, database: Database) {
  if (principal.source === 'schedule') return;
  const { access } = await viewerOf(services, principal, target, database, false);
  if (!access.process) throw new AppError('privilege-needed', { detail: 'PROCESS' });
  // What must be approved first is not a reaper's to give.
  if (!dryRun && !(access.withoutApproval ?? access).super) throw new AppError('privilege-needed', { detail: 'SUPER' });
}

const onTargetOf = <Result>(services: Services, request: ReapRequest, work: (database: Database) => Promise<Result>) =>
  request.principal.source === 'schedule' ? onTarget(services, request, work) : withTarget(services, request, work);

const NOT_CONFIRMED = 'confirm: it was not chosen both times';

function confirmed(choice: Choice, before: ReadonlySet<string>): Choice {
  const isConfirmed = ({ session }: Chosen): boolean => before.has(seenTag(session));
  const spared = choice.victims.filter((victim) => !isConfirmed(victim));
  return {
    victims: choice.victims.filter(isConfirmed),
    spared: [...choice.spared, ...spared.map(({ session }) => ({ session, reason: NOT_CONFIRMED }))],
  };
}

const among = ({ victims, spared }: Choice, tags: ReadonlySet<string>): Choice => ({
  victims: victims.filter(({ session }) => tags.has(sessionTag(session))),
  spared,
});

/**
 * Runs a reaper on a target: lists once, chooses, where the rule says so looks a second time, and ends the victims in
 * batches that the server compares again. Past one of its limits it ends nothing at all, says so loudly and records it.
 *
 * @param beforeKill - runs between the last look and the kills; where it rejects nothing is ended
 * @throws AppError `reaper-not-found`, `privilege-needed`, `kills-stopped`, `audit-unavailable`, the `target-…` family
 */
export async function reap(
  services: Services,
  request: ReapRequest,
  beforeKill: () => Promise<void> = async () => {},
): Promise<ReapReport> {
  const rule = compileRule(reaperFor(services, request.reaper, request.target));
  const { reaper } = rule;
  const { protected: protection } = services.config;
  if (!request.dryRun) await refuseWhileStopped(services);

  const chooseNow = async (database: Database) => {
    const snapshot = await look(database, rule);
    return { snapshot, choice: choose(rule, snapshot, protection.users) };
  };
  let before: ReadonlySet<string> | null = null;
  if (!request.dryRun && reaper.confirm > 0 && !isExpired(reaper, new Date())) {
    // The connection is closed while it waits, so that it takes no slot of a server that may be full.
    before = await onTargetOf(services, request, async (database) => {
      await authorize(services, request, database);
      const { choice } = await chooseNow(database);
      return new Set(choice.victims.map(({ session }) => seenTag(session)));
    });
    if (before.size > 0) await sleep(reaper.confirm * 1000);
    await refuseWhileStopped(services);
  }
  return onTargetOf(services, request, async (database) => {
    await authorize(services, request, database);
    const { snapshot, choice: all } = await chooseNow(database);
    const twice = before === null ? all : confirmed(all, before);
    const choice = request.only === undefined ? twice : among(twice, new Set(request.only));
    const others = snapshot.sessions.length - 1;
    if (isExpired(reaper, new Date())) {
      const reason = `until: its last day was ${reaper.until}`;
      return toReport(request, reaper, others, { victims: [], spared: [] }, { held: reason });
    }
    const held = heldBy(reaper, choice.victims.length, others);
    const victims = held === null ? choice.victims.length : 0;
    count('ReaperVictims', { mode: request.dryRun ? 'dry-run' : 'enforce' }, victims);
    if (request.dryRun) return toReport(request, reaper, others, choice, { held });
    if (held !== null) {
      await recordHeld(services, request, choice.victims, held);
      return toReport(request, reaper, others, choice, { held });
    }
    await beforeKill();
    const answers = await endVictims(services, database, request, rule, choice.victims);
    return toReport(request, reaper, others, choice, { held: null, answers });
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { Database, KillingDatabase } from '../database/database.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Access } from '../privileges/access-rules.ts';
import { anyGlobMatches } from '../privileges/glob.ts';
import { needsPerson, type Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { refuseWhileStopped } from '../sessions/kill/stop-switch.ts';
import { recordAttempts } from '../sessions/on-record.ts';
import { viewerOf } from '../sessions/session-view.ts';
import { onTarget, withTarget } from '../targets/with-target.ts';
import { currentCorrelationId } from '../telemetry/call.ts';
import { logFailure } from '../telemetry/log.ts';
import { count } from '../telemetry/samples.ts';
import { compileRule, type Rule } from './choose.ts';
import { endVictims } from './end-victims.ts';
import { announceHeld, heldBy, recordHeld } from './limits.ts';
import { among, confirmed, lookAndChoose, seenTag } from './look.ts';
import type { Reaper } from './policy-schema.ts';
import type { ReaperMessages, RunToReport } from './reaper-chat.ts';
import type { ReapRequest } from './report.ts';
import { type ReapReport, toReport } from './report.ts';
import { afterWarning } from './warn/warn-victims.ts';
import { isExpired } from './when.ts';

/** The reaper of this name that is meant for the target. @throws AppError `reaper-not-found` */
export function reaperFor({ config }: Pick<Services, 'config'>, name: string, target: string): Reaper {
  const reaper = config.reapers.find((one) => one.name === name);
  if (reaper === undefined || !anyGlobMatches(reaper.targets, target)) throw new AppError('reaper-not-found');
  return reaper;
}

/** A person needs PROCESS to see what a rule would do, and SUPER to have it done; the schedule is let in by the configuration. */
async function authorize(
  services: Services,
  { principal, target, dryRun }: ReapRequest,
  database: Database,
): Promise<Access | null> {
  if (principal.source === 'schedule') return null;
  const { access } = await viewerOf(services, principal, target, database);
  if (!access.process) throw new AppError('privilege-needed', { detail: 'PROCESS' });
  // What must be approved first is not a reaper's to give.
  if (!dryRun) refuseAgent(services, principal);
  if (!dryRun && !(access.withoutApproval ?? access).super) throw new AppError('privilege-needed', { detail: 'SUPER' });
  return access;
}

const TAKES_DIGEST =
  'An agent ends by a rule only those whom a dry run of it has shown: send the rule itself, then its digest.';

/** A reaper by its name takes neither a tag nor a digest. */
function refuseAgent({ config }: Pick<Services, 'config'>, principal: Principal): void {
  if (needsPerson(config, principal)) throw new AppError('approval-needed', { detail: TAKES_DIGEST });
  if (principal.agent !== undefined) throw new AppError('tag-required', { detail: TAKES_DIGEST });
}

/** The reaper that is asked for. Who may not see what a rule would do on the target learns neither that there is one nor that there is none. */
async function askedFor(services: Services, request: ReapRequest): Promise<Reaper> {
  try {
    return reaperFor(services, request.reaper, request.target);
  } catch (error) {
    if (request.principal.source !== 'schedule')
      await withTarget(services, request, (database) => authorize(services, { ...request, dryRun: true }, database));
    throw error;
  }
}

const onTargetOf = <Result>(
  services: Services,
  request: ReapRequest,
  work: (database: Database, toKill: KillingDatabase) => Promise<Result>,
) =>
  request.principal.source === 'schedule' ? onTarget(services, request, work) : withTarget(services, request, work);

/**
 * Runs a reaper on a target: lists once, chooses, where the rule says so looks a second time, warns of whom it has to, and
 * ends the others in batches that the server compares again. Past one of its limits it ends nothing at all, says so loudly
 * and records it. What it ended or refused is told at the rule's place, and what it ended sent to its receiver.
 *
 * @throws AppError `reaper-not-found`, `privilege-needed`, `kills-stopped`, `audit-unavailable`, `state-unavailable` where a
 * warning cannot be read or written, the `target-…` family
 */
export async function reap(services: Services, request: ReapRequest): Promise<ReapReport> {
  try {
    return await runAndTell(services, request);
  } catch (error) {
    await recordRefused(services, request, error);
    throw error;
  }
}

const REFUSED: readonly ErrorCode[] = [
  'privilege-needed',
  'approval-needed',
  'tag-required',
  'target-not-found',
  'kills-stopped',
];

/** Records a refused demand that a rule end sessions, before any was chosen. */
async function recordRefused({ audit }: Services, request: ReapRequest, error: unknown): Promise<void> {
  if (request.dryRun || !(error instanceof AppError) || !REFUSED.includes(error.code)) return;
  await recordAttempts(audit, { ...request, reason: null }, [{ id: null, kind: 'reap' }], error.code);
}

async function runAndTell(services: Services, request: ReapRequest): Promise<ReapReport> {
  const rule = compileRule(await askedFor(services, request));
  const { report: place, onEnd } = rule.reaper;
  const { target, reaper, correlationId } = request;
  const tell = async (run: RunToReport['run']): Promise<void> => {
    if (place !== undefined && !request.dryRun) await tellRun(services, { place, correlationId, run });
  };
  try {
    const report = await run(services, request, rule);
    await tell(report);
    if (onEnd !== undefined && !request.dryRun)
      await tellOf(services, correlationId, ({ send }) => send({ to: onEnd, correlationId, run: report }));
    return report;
  } catch (error) {
    if (error instanceof AppError && error.code === 'state-unavailable') {
      await announceHeld(request, `${error.code}: nothing was ended`);
      await tell({ target, reaper, failure: error });
    }
    throw error;
  }
}

/** Who may not run the rule is told so, stopped or not: it learns neither that there is one. */
async function refuseStopped(services: Services, request: ReapRequest): Promise<void> {
  await refuseWhileStopped(services).catch(async (error: unknown) => {
    if (request.principal.source !== 'schedule')
      await withTarget(services, request, (database) => authorize(services, request, database));
    throw error;
  });
}

async function run(services: Services, request: ReapRequest, rule: Rule): Promise<ReapReport> {
  const { reaper } = rule;
  const { principal, target, correlationId } = request;
  const by = { principal, target, reaper: request.reaper, correlationId };
  const protectedUsers = services.config.protected.users;
  if (!request.dryRun) await refuseStopped(services, request);
  let before: ReadonlySet<string> | null = null;
  if (!request.dryRun && reaper.confirm > 0 && !isExpired(reaper, new Date())) {
    // The connection is closed while it waits, so that it takes no slot of a server that may be full.
    before = await onTargetOf(services, request, async (database) => {
      await authorize(services, request, database);
      const { choice } = await lookAndChoose(database, rule, protectedUsers);
      return new Set(choice.victims.map(({ session }) => seenTag(session)));
    });
    if (before.size > 0) await sleep(reaper.confirm * 1000);
    await refuseWhileStopped(services);
  }
  return onTargetOf(services, request, async (database, toKill) => {
    const access = await authorize(services, request, database);
    const { choice: all, others, at } = await lookAndChoose(database, rule, protectedUsers);
    const twice = before === null ? all : confirmed(all, before);
    const choice = request.only === undefined ? twice : among(twice, new Set(request.only));
    if (isExpired(reaper, new Date())) {
      const reason = `until: its last day was ${reaper.until}`;
      return toReport(request, reaper, others, { ...choice, victims: [], spared: [] }, { held: reason });
    }
    const held = heldBy(reaper, choice.victims.length, others);
    const tell = (chosen: number) => count('ReaperVictims', { mode: request.dryRun ? 'dry-run' : 'enforce' }, chosen);
    if (held !== null) {
      tell(0);
      if (!request.dryRun) {
        await announceHeld(request, held);
        await recordHeld(services, by, choice.victims, held);
      }
      return toReport(request, reaper, others, choice, { held });
    }
    const { victims, warned, beginEnds } = await afterWarning(services, request, reaper, choice.victims, at);
    tell(victims.length);
    if (request.dryRun) return toReport(request, reaper, others, { ...choice, victims }, { held, warned });
    const ending = await beginEnds();
    const answers = await endVictims(services, toKill, { ...by, access }, rule, ending.victims);
    return toReport(request, reaper, others, { ...choice, ...ending }, { ...ending, held, answers });
  });
}

/** Has a run told at its rule's place. */
export const tellRun = (services: Pick<Services, 'reaperChat'>, report: RunToReport): Promise<void> =>
  tellOf(services, report.correlationId, (messages) => messages.report(report));

/** What is done is done: a message that cannot be handed over is an error in the log only. */
async function tellOf(
  services: Pick<Services, 'reaperChat'>,
  correlationId: string,
  tell: (messages: ReaperMessages) => Promise<void>,
): Promise<void> {
  try {
    const { messages } = await services.reaperChat();
    await tell(messages);
  } catch (error) {
    await logFailure(error, correlationId);
  }
}

const orderSchema = z.strictObject({
  target: z.string().check(z.minLength(1), z.maxLength(256)),
  reaper: z.string().check(z.minLength(1), z.maxLength(63)),
});

/** The principal of a reaper that runs on its schedule: the configuration let it in, and no one else can become it. */
export const reaperPrincipal = (name: string): Principal => ({
  source: 'schedule',
  subject: `reaper/${name}`,
  groups: [],
  claims: {},
});

/**
 * Runs a reaper as its schedule does, in the mode of its rule.
 *
 * @param order - `{ target, reaper }`, nothing else
 * @throws AppError `request-invalid`, and all that {@link reap} throws
 */
export async function runScheduled(
  services: Services,
  order: unknown,
  correlationId = currentCorrelationId(),
): Promise<ReapReport> {
  const parsed = z.safeParse(orderSchema, order);
  if (!parsed.success) throw new AppError('request-invalid', { detail: 'event: write { "target": …, "reaper": … }.' });
  const { target, reaper: name } = parsed.data;
  const { mode } = reaperFor(services, name, target);
  const principal = reaperPrincipal(name);
  const request = { principal, target, reaper: name, dryRun: mode === 'dry-run', correlationId };
  const report = await reap(services, request);
  count('ReaperRuns', { mode });
  return report;
}

import type { Services } from '../../services.ts';
import type { Session } from '../../sessions/session.ts';
import { sessionTag } from '../../sessions/tags.ts';
import { type Warning, type WarningStore, warningName } from '../../state/warning-store.ts';
import { count } from '../../telemetry/samples.ts';
import { victimTag, wokeUpSince } from '../asked.ts';
import type { Chosen } from '../choose.ts';
import type { Reaper, WarningReaper } from '../policy-schema.ts';
import type { ReapRequest, WarnedVictim } from '../report.ts';

/** What is left of a rule's victims once their warnings are looked at. */
export interface AfterWarning {
  /** Those that are due. */
  readonly victims: readonly Chosen[];
  readonly warned: readonly WarnedVictim[];
  /** Begins the end of those that are due, right before they are ended: from then on no one can keep them, and those that were kept by then are spared. */
  beginEnds(): Promise<Omit<AfterWarning, 'beginEnds'>>;
}

/** What is left of a rule's victims once their warnings are looked at: all of them, where the rule does not warn. See {@link warnVictims}. */
export async function afterWarning(
  services: Services,
  request: ReapRequest,
  { warn, ...reaper }: Reaper,
  victims: readonly Chosen[],
  now: number,
): Promise<AfterWarning> {
  if (warn === undefined) return { victims, warned: [], beginEnds: async () => ({ victims, warned: [] }) };
  return warnVictims(services, request, { ...reaper, warn }, victims, now);
}

interface Placed {
  readonly chosen: Chosen;
  readonly name: string;
  readonly warning: Warning | undefined;
  readonly stage: Stage;
}

/** So many are in one message: each platform shows them all, however long their names are. */
const MESSAGE = 10;

/**
 * Warns of the victims that were not warned of, and tells which of them are due. No victim is due whose warning cannot be read,
 * or was not posted. A dry run warns no one.
 *
 * @param now - milliseconds since the epoch, when the victims were listed
 * @throws AppError `state-unavailable`
 */
export async function warnVictims(
  services: Services,
  request: ReapRequest,
  reaper: WarningReaper,
  victims: readonly Chosen[],
  now: number,
): Promise<AfterWarning> {
  const nameOf = ({ session }: Chosen): string => warningName(request.target, reaper.name, victimTag(session, reaper));
  const chat = request.dryRun ? await services.reaperChat().catch(() => undefined) : await services.reaperChat();
  const known = (await chat?.warnings.read(victims.map(nameOf))) ?? new Map<string, Warning>();
  const placed = victims.map((chosen): Placed => {
    const name = nameOf(chosen);
    const warning = known.get(name);
    return { chosen, name, warning, stage: stageOf(chosen.session, warning, reaper, now) };
  });
  const toWarn = placed.filter(({ stage }) => stage === 'to-warn');
  if (chat !== undefined && !request.dryRun) {
    for (let start = 0; start < toWarn.length; start += MESSAGE) {
      const asked = await askAll(chat.warnings, toWarn.slice(start, start + MESSAGE), reaper, now);
      const { target, correlationId } = request;
      if (asked.length > 0) await chat.messages.warn({ target, correlationId, reaper, askedAt: now, victims: asked });
    }
  }
  const due = placed.filter(({ stage }) => stage === 'due');
  const warned = placed.filter(({ stage }) => stage !== 'due').map((one) => toView(one, reaper, request.dryRun));
  return {
    victims: due.map(withHistory),
    warned,
    beginEnds: async () => {
      const ending = await Promise.all(
        due.map(async (one) => (await chat?.warnings.beginEnd(one.name, one.warning?.askedAt ?? 0)) === true),
      );
      const late = due
        .filter((_, at) => ending[at] !== true)
        .map((one) => toView({ ...one, stage: 'kept' }, reaper, false));
      return { victims: due.filter((_, at) => ending[at] === true).map(withHistory), warned: [...warned, ...late] };
    },
  };
}

/** Begins a round for each, and leaves out those for which another run did. */
async function askAll(warnings: WarningStore, placed: readonly Placed[], reaper: WarningReaper, askedAt: number) {
  // Longer than two rounds, so that no session is kept more often than it may.
  const seconds = 2 * (reaper.warn.before + reaper.warn.keep + reaper.every) + 86_400;
  const asked = await Promise.all(
    placed.map(async ({ chosen: { session, reasons }, name, warning }) => {
      const goesOn = isSameSleep(session, warning, reaper, askedAt);
      const extensions = goesOn ? (warning?.extensions ?? 0) : 0;
      const keptBy = goesOn ? (warning?.keptBy ?? null) : null;
      const isAsked = await warnings.ask(name, { askedAt, extensions, keptBy }, warning, seconds);
      return isAsked ? [{ session, reasons, warning: name, extensions }] : [];
    }),
  );
  count('Warnings', { step: 'asked' }, asked.flat().length);
  return asked.flat();
}

/** What was done before its end goes on record with it. */
function withHistory({ chosen, warning }: Placed): Chosen {
  if (warning === undefined) return chosen;
  const { toldAt, extensions, keptBy } = warning;
  const told = toldAt === null ? [] : [`warned: ${new Date(toldAt).toISOString()}`];
  const kept = extensions === 0 ? [] : [`kept: ${extensions} times, last by ${keptBy ?? 'an unknown person'}`];
  return { ...chosen, reasons: [...chosen.reasons, ...told, ...kept] };
}

function toView(
  { chosen: { session, reasons }, warning, stage }: Placed,
  reaper: WarningReaper,
  dryRun: boolean,
): WarnedVictim {
  const { id, user, host, db, command, time } = session;
  const isNew = stage === 'to-warn';
  const until =
    stage === 'kept'
      ? (warning?.keptUntil ?? null)
      : isNew || warning === undefined || warning.toldAt === null
        ? null
        : warning.toldAt + reaper.warn.before * 1000;
  return {
    ...{ id, tag: sessionTag(session), user, host, db, command, time, reasons },
    stage: stage === 'to-warn' || stage === 'due' ? (dryRun ? 'would-warn' : 'warned') : stage,
    until: until === null ? null : new Date(until).toISOString(),
    keptBy: stage === 'kept' ? (warning?.keptBy ?? null) : null,
  };
}

/**
 * How far a chosen session's warning is. `to-warn`: it must be warned of, for the first time or again; `waiting`: its time is not
 * over, or its message not posted yet; `kept`: a person keeps it; `unsure`: it is not known whether it woke up; `due`: it was
 * warned of, its time is over, and it has been at the same since.
 */
export type Stage = 'to-warn' | 'waiting' | 'kept' | 'unsure' | 'due';

/** Milliseconds after which a message that was not posted is taken for lost. */
const LOST_MS = 300_000;

/**
 * Milliseconds after its time during which a warning holds. Later it is forgotten, and the session is warned of again: a rule
 * that waits for something else meanwhile must not end today what it warned of last week.
 */
export const graceMs = ({ every }: Pick<Reaper, 'every'>): number => every * 2_000 + LOST_MS;

/** How far a chosen session's warning is. Pure. @param now - milliseconds since the epoch */
export function stageOf(session: Session, warning: Warning | undefined, reaper: WarningReaper, now: number): Stage {
  if (warning === undefined) return 'to-warn';
  const isAwake = wokeUpSince(session, reaper, warning.askedAt, now);
  if (warning.keptUntil !== null && warning.keptUntil > now) return 'kept';
  if (isAwake === undefined) return 'unsure';
  if (isAwake || warning.keptUntil !== null) return 'to-warn';
  if (warning.toldAt === null) return now - warning.askedAt < LOST_MS ? 'waiting' : 'to-warn';
  const dueAt = warning.toldAt + reaper.warn.before * 1000;
  if (now < dueAt) return 'waiting';
  return now > dueAt + graceMs(reaper) ? 'to-warn' : 'due';
}

/** How often it was kept counts on as long as it sleeps on; one that woke up begins again. */
export const isSameSleep = (session: Session, warning: Warning | undefined, reaper: Reaper, now: number): boolean =>
  warning !== undefined && wokeUpSince(session, reaper, warning.askedAt, now) === false;

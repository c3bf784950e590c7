import type { Session } from '../../sessions/session.ts';
import { wokeUpSince } from '../compared.ts';
import type { Reaper } from '../policy-schema.ts';
import type { Warn } from './warn-schema.ts';
import type { Warning } from './warning.ts';

/**
 * Where a chosen session stands. `to-warn`: it must be warned of, for the first time or anew; `waiting`: its time is not
 * over, or its message not posted yet; `kept`: somebody keeps it; `unsure`: nobody can tell whether it woke up; `due`: it was
 * warned of, its time is over, and it has been at the same since.
 */
export type Stage = 'to-warn' | 'waiting' | 'kept' | 'unsure' | 'due';

/** A rule whose victims are warned. */
export type WarningReaper = Reaper & { readonly warn: Warn };

/** Milliseconds after which a message that nobody posted is taken for lost. */
const LOST_MS = 300_000;

/**
 * Milliseconds after its time during which a warning holds. Later it is forgotten, and the session is warned of anew: a rule
 * that waits for something else meanwhile must not end today what it warned of last week.
 */
export const graceMs = ({ every }: Pick<Reaper, 'every'>): number => every * 2_000 + LOST_MS;

/** Where a chosen session stands. Pure. @param now - milliseconds since the epoch */
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

/** How often it was kept counts on as long as it sleeps on; one that woke up begins anew. */
export const isSameSleep = (session: Session, warning: Warning | undefined, reaper: Reaper, now: number): boolean =>
  warning !== undefined && wokeUpSince(session, reaper, warning.askedAt, now) === false;

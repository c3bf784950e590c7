import type { WardenConfig } from '../../config/config.ts';
import { AppError } from '../../errors.ts';
import type { Principal } from '../../privileges/principal.ts';
import type { Kept } from '../../state/replay-store.ts';

/** Counts what is ended, for all functions of a deployment together. */
export interface KillCounter {
  /**
   * Counts so many kills more under a name, unless they would make more than `most`: then none of them counts. Of calls at
   * once each is counted.
   *
   * @param seconds - after which the name is not asked for any more
   * @returns whether they count
   * @throws whatever keeps it from being known
   */
  take(name: string, kills: number, most: number, seconds: number): Promise<boolean>;
}

const MINUTE_MS = 60_000;

/** Longer than a minute, and than clocks of functions differ. */
const KEPT_SECONDS = 300;

/**
 * Counts so many more under a name in this minute of the clock.
 *
 * @returns `null` where they are not more than `most`, else the seconds until the next minute
 * @throws AppError `state-unavailable` where they cannot be counted
 */
async function secondsToWait(
  killCounter: KillCounter,
  name: string,
  more: number,
  most: number,
  { now, uncounted }: { readonly now: number; readonly uncounted: string },
): Promise<number | null> {
  const minute = Math.floor(now / MINUTE_MS);
  const fits = await killCounter.take(`${minute}#${name}`, more, most, KEPT_SECONDS).catch((cause: unknown) => {
    throw new AppError('state-unavailable', { cause, detail: uncounted });
  });
  return fits ? null : ((minute + 1) * MINUTE_MS - now) / 1000;
}

/**
 * Refuses what would be more than a principal may end in a minute of the clock: then nothing at all is ended, as where a
 * reaper's rule takes in too many. Reapers on the schedule have limits of their own; one that a person runs counts as that
 * person's.
 *
 * @throws AppError `too-many-kills`; `state-unavailable` where kills cannot be counted
 */
export async function refuseTooMany(
  { config, killCounter }: { readonly config: Pick<WardenConfig, 'limits'>; readonly killCounter: KillCounter },
  { source, subject }: Pick<Principal, 'source' | 'subject'>,
  kills: number,
  now = Date.now(),
): Promise<void> {
  if (source === 'schedule' || kills === 0) return;
  const { killsPerMinute: most } = config.limits;
  const retryAfter = await secondsToWait(killCounter, `${source}#${subject}`, kills, most, {
    now,
    uncounted: UNCOUNTED,
  });
  if (retryAfter === null) return;
  throw new AppError('too-many-kills', { retryAfter, detail: `${kills} more would make more than ${most}.` });
}

/** Questions that a principal puts to people in a minute: more would be answered without being read. */
const QUESTIONS = 10;

/** Refuses to ask people more often than they can be expected to look. @throws AppError `too-many-requests`, `state-unavailable` */
export async function refuseTooManyQuestions(
  { killCounter }: { readonly killCounter: KillCounter },
  { source, subject }: Pick<Principal, 'source' | 'subject'>,
  now = Date.now(),
): Promise<void> {
  const uncounted = 'How often you asked cannot be counted.';
  const retryAfter = await secondsToWait(killCounter, `ask#${source}#${subject}`, 1, QUESTIONS, { now, uncounted });
  if (retryAfter === null) return;
  throw new AppError('too-many-requests', {
    retryAfter,
    detail: `Ask for at most ${QUESTIONS} approvals in a minute.`,
  });
}

const UNCOUNTED = 'How many you have ended in this minute cannot be counted. Nothing was sent.';

/** What was counted under a name. */
export interface CountedKills {
  readonly kills: number;
  readonly until: number;
}

/** A counter for one process, in its memory unless told where. */
export function memoryKillCounter(
  now: () => number = Date.now,
  counted: Kept<CountedKills> = new Map<string, CountedKills>(),
): KillCounter {
  return {
    take: async (name, kills, most, seconds) => {
      for (const [old, { until }] of counted) if (until <= now()) counted.delete(old);
      const found = counted.get(name) ?? { kills: 0, until: now() + seconds * 1000 };
      if (found.kills + kills > most) return false;
      counted.set(name, { ...found, kills: found.kills + kills });
      return true;
    },
  };
}

import * as z from 'zod/mini';
import { AppError } from '../errors.ts';
import { anyGlobMatches } from '../privileges/glob.ts';
import type { Reaper } from '../reaper/policy-schema.ts';
import { isExpired } from '../reaper/when.ts';
import type { ReapOrder } from './reap-order.ts';

const MINUTE = 60;

const eventSchema = z.object({ time: z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/)) });

/**
 * The minute that a schedule's event is for, however late it comes.
 *
 * @param event - `{ "time": … }` in UTC, as EventBridge sends it, or as Scheduler fills in `<aws.scheduler.scheduled-time>`
 * @throws AppError `request-invalid`: without the schedule's own time, two runs for one minute would plan two
 */
export function scheduledMinute(event: unknown): Date {
  const parsed = z.safeParse(eventSchema, event);
  const time = parsed.success ? Date.parse(parsed.data.time) : Number.NaN;
  if (Number.isNaN(time))
    throw new AppError('request-invalid', { detail: 'event: write { "time": "<aws.scheduler.scheduled-time>" }.' });
  return new Date(Math.floor(time / 60_000) * 60_000);
}

/**
 * When a run of this reaper is due that falls to the minute, in seconds since the epoch; `undefined` where none does.
 * Runs are on a grid from the epoch, so the last one need not be remembered.
 */
function dueIn(every: number, minute: number): number | undefined {
  const due = Math.floor(minute / every) * every;
  return due > minute - MINUTE ? due : undefined;
}

/**
 * What is due at a minute: each reaper on each target that it is for. It depends on nothing else, so a planner that runs
 * late or twice plans the same orders, and a worker knows them again.
 *
 * @param minute - the scheduled minute; see {@link scheduledMinute}
 * @param stopped - all kills are stopped: only dry runs are planned
 */
export function planReaps(
  reapers: readonly Reaper[],
  targets: readonly string[],
  minute: Date,
  stopped: boolean,
): readonly ReapOrder[] {
  const planId = minute.toISOString().replace(':00.000Z', 'Z');
  return reapers.flatMap((reaper) => {
    const due = dueIn(reaper.every, minute.getTime() / 1000);
    if (due === undefined || isExpired(reaper, minute) || (stopped && reaper.mode === 'enforce')) return [];
    const dueAt = new Date(due * 1000).toISOString();
    return targets
      .filter((target) => anyGlobMatches(reaper.targets, target))
      .map((target) => ({ target, reaper: reaper.name, dueAt, planId }));
  });
}

import { AppError, type ErrorCode } from '../errors.ts';
import type { FleetServices } from '../fleet-services.ts';
import type { ReapReport } from '../reaper/report.ts';
import { runScheduled } from '../reaper/run-scheduled.ts';
import { countFailure } from '../telemetry/count-failure.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import { count } from '../telemetry/samples.ts';
import { holdLease } from './hold-lease.ts';
import type { ReapOrder } from './reap-order.ts';
import { backoff } from './receipts.ts';

/** One receipt of a message. */
export interface Attempt {
  /** The message's, the same for each receipt: log and record bear it. */
  readonly messageId: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/**
 * What became of an order. `done`; `doubled`: another message did it before; `late`: the next one is due by now;
 * `void`: stopped, or the rule or the target is there no more. `back`: it failed, or another holds the target; it is to be
 * received again after `seconds`.
 */
export type WorkEnd =
  | { readonly end: 'done' | 'doubled' | 'late' }
  | { readonly end: 'void'; readonly code: ErrorCode }
  | { readonly end: 'back'; readonly code: ErrorCode | 'target-busy' | 'late-after-failure'; readonly seconds: number };

const VOID: readonly ErrorCode[] = ['kills-stopped', 'reaper-not-found', 'target-not-found'];
/** Longer than a message can come again: then it is late anyway. */
const DONE_SECONDS = 3_600;

/** A victim whose fate is not known is looked for again; the server compares, so nobody is ended twice. */
function failureOf({ victims }: ReapReport): ErrorCode | undefined {
  return victims.find(({ code }) => code !== null)?.code ?? undefined;
}

/**
 * Works one message off: at most one worker is on a target at a time, an order that was done is not done again, and what is
 * too late is left to the next run. A failed order comes back later each time, and in the end lands in the dead-letter
 * queue; one that has become late by then goes there without another try.
 *
 * @param now - milliseconds since the epoch
 */
export async function workOff(
  services: FleetServices,
  order: ReapOrder,
  { messageId, receives }: Attempt,
  now: () => number = Date.now,
  run: typeof runScheduled = runScheduled,
): Promise<WorkEnd> {
  const { target, reaper: name, dueAt } = order;
  const reaper = services.config.reapers.find((one) => one.name === name);
  if (reaper === undefined) return { end: 'void', code: 'reaper-not-found' };
  const lateAt = Date.parse(dueAt) + reaper.every * 1000;
  if (receives === 1 && now() > lateAt) {
    count('TargetsLate', { cause: 'queue' });
    return { end: 'late' };
  }

  const key = `${dueAt}#${name}#${target}`;
  const done = `done#${key}`;
  // After the last `confirm` a run takes one connection's time at most.
  const seconds = Math.max(15, services.config.timeouts.overall * 2);
  try {
    const end = await holdLease(services.leases, `target#${target}`, seconds, async (lease): Promise<WorkEnd> => {
      // The target's lease keeps others out meanwhile.
      if (await services.leases.isHeld(done)) return { end: 'doubled' };
      if (now() > lateAt) {
        // It comes back at once until the queue gives it up, and is one late order all the same.
        if ((await services.leases.acquire(`late#${key}`, DONE_SECONDS)) !== undefined)
          count('TargetsLate', { cause: 'failure' });
        return { end: 'back', code: 'late-after-failure', seconds: 0 };
      }
      const report = await run(
        services,
        { target, reaper: name },
        { correlationId: messageId, beforeKill: lease.confirm },
      );
      const code = failureOf(report);
      if (code !== undefined) return { end: 'back', code, seconds: backoff(receives) };
      // Done again it would end only what its rule wants ended anyway.
      await services.leases.acquire(done, reaper.every + DONE_SECONDS).catch(() => undefined);
      return { end: 'done' };
    });
    return end === 'busy' ? { end: 'back', code: 'target-busy', seconds: backoff(receives) } : end;
  } catch (error) {
    if (error instanceof AppError) countFailure(error);
    else await logFailure(error, messageId);
    const code = error instanceof AppError ? error.code : 'internal';
    return VOID.includes(code) ? { end: 'void', code } : { end: 'back', code, seconds: backoff(receives) };
  }
}

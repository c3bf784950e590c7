import { AppError, type ErrorCode } from '../errors.ts';
import type { ReapReport } from '../reaper/report.ts';
import { runScheduled } from '../reaper/run-scheduled.ts';
import type { Services } from '../services.ts';
import { countFailure } from '../telemetry/count-failure.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import { count } from '../telemetry/samples.ts';
import type { ReapOrder } from './reap-order.ts';
import { backoff, MAX_RECEIPTS } from './receipts.ts';

/** One receipt of a message. */
export interface Attempt {
  /** The message's, the same for each receipt: log and record bear it. */
  readonly messageId: string;
  /** How often it was received, this time included. */
  readonly receives: number;
}

/**
 * What became of an order. `done`; `late`: the next one is due by now; `void`: stopped, or the rule or the target is there no
 * more. `back`: it failed, and is to be received again after `seconds`.
 */
export type WorkEnd =
  | { readonly end: 'done' | 'late' }
  | { readonly end: 'void'; readonly code: ErrorCode }
  | { readonly end: 'back'; readonly code: ErrorCode | 'late-after-failure'; readonly seconds: number };

const VOID: readonly ErrorCode[] = ['kills-stopped', 'reaper-not-found', 'target-not-found'];

/** A victim whose fate is not known is looked for again; the server compares, so nobody is ended twice. */
function failureOf({ victims }: ReapReport): ErrorCode | undefined {
  return victims.find(({ code }) => code !== null)?.code ?? undefined;
}

/**
 * Works one message off; the queue lets nobody else have one of its target meanwhile. What is too late is left to the next
 * run. A failed order comes back later each time, and in the end lands in the dead-letter queue; one that has become late by
 * then goes there without another try.
 *
 * @param now - milliseconds since the epoch
 */
export async function workOff(
  services: Services,
  { target, reaper: name, dueAt }: ReapOrder,
  { messageId, receives }: Attempt,
  now: () => number = Date.now,
  run: typeof runScheduled = runScheduled,
): Promise<WorkEnd> {
  const reaper = services.config.reapers.find((one) => one.name === name);
  if (reaper === undefined) return { end: 'void', code: 'reaper-not-found' };
  if (now() > Date.parse(dueAt) + reaper.every * 1000) {
    // One that failed comes back at once until the queue gives it up, and is one late order all the same.
    if (receives === 1 || receives === MAX_RECEIPTS)
      count('TargetsLate', { cause: receives === 1 ? 'queue' : 'failure' });
    return receives === 1 ? { end: 'late' } : { end: 'back', code: 'late-after-failure', seconds: 0 };
  }
  try {
    const code = failureOf(await run(services, { target, reaper: name }, messageId));
    return code === undefined ? { end: 'done' } : { end: 'back', code, seconds: backoff(receives) };
  } catch (error) {
    if (error instanceof AppError) countFailure(error);
    else await logFailure(error, messageId);
    const code = error instanceof AppError ? error.code : 'internal';
    return VOID.includes(code) ? { end: 'void', code } : { end: 'back', code, seconds: backoff(receives) };
  }
}

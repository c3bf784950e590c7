import { backoff, MAX_RECEIPTS } from '../../lib/fleet/reap-order.ts';
import { Environments } from './environments.ts';
import { Heap } from './heap.ts';
import type { Inputs } from './inputs.ts';
import type { Measured } from './measured.ts';
import { seeded } from './random.ts';
import { type Ended, runBatch, type Turn } from './run-batch.ts';

/** What a simulated fleet used in all its minutes, and how late it was. Times are seconds. */
export interface Usage {
  readonly targets: number;
  readonly minutes: number;
  readonly batches: number;
  readonly coldStarts: number;
  /** Workers at once: the most, and the mean over all the time. */
  readonly peak: number;
  readonly mean: number;
  /** Of each healthy target's turn, how long after its minute it was done; ascending. */
  readonly lateness: readonly number[];
  /** Turns of healthy targets that were not done before the next were due. */
  readonly missed: number;
  readonly workerSeconds: number;
  readonly plannerSeconds: number;
  readonly sqsRequests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly secretsCalls: number;
  readonly ended: number;
}

const SECRETS_PAGE = 100;

/**
 * Plays planner, queue and workers of a fleet, event by event: the same for the same seed.
 *
 * @param count - of targets
 */
export function simulate(count: number, inputs: Inputs, measured: Measured, seed: number): Usage {
  const random = seeded(seed);
  const { fleet, lambda } = inputs;
  const ill = new Set(Array.from({ length: Math.round(count * fleet.illShare) }, () => Math.floor(random() * count)));
  const messages = new Heap<Turn>(({ at }) => at);
  const running = new Heap<{ readonly until: number; readonly free: () => void; readonly ends: readonly Ended[] }>(
    ({ until }) => until,
  );
  /** Until when SQS gives out nothing more of a target: a message of it is worked on, or waits to be tried again. */
  const out = new Map<number, number>();
  const environments = new Environments(lambda);
  const lateness: number[] = [];
  const used = { batches: 0, peak: 0, workerSeconds: 0, sqsRequests: 0, writeUnits: 0, readUnits: 0, ended: 0 };

  const rounds = Math.ceil((fleet.minutes * 60) / fleet.every);
  const sending = (place: number) => (Math.floor(place / 10 / lambda.sendAtOnce) + 1) * lambda.sendSeconds;
  for (let round = 0; round < rounds; round++)
    for (let target = 0; target < count; target++) {
      const due = round * fleet.every;
      messages.push({ target, due, at: due + sending(target), receives: 0 });
    }

  const finish = (now: number, { free, ends }: NonNullable<ReturnType<typeof running.peek>>) => {
    free();
    for (const { turn, isDone } of ends) {
      out.delete(turn.target);
      if (isDone) continue;
      const receives = turn.receives + 1;
      const isLate = now > turn.due + fleet.every;
      used.sqsRequests++;
      if (receives === MAX_RECEIPTS) continue;
      const at = now + (isLate ? 0 : backoff(receives));
      out.set(turn.target, at);
      messages.push({ ...turn, receives, at });
    }
  };
  const begin = (now: number): void => {
    const turns: Turn[] = [];
    while (turns.length < lambda.batch && (messages.peek()?.at ?? Number.POSITIVE_INFINITY) <= now) {
      const turn = messages.pop() as Turn;
      const free = out.get(turn.target) ?? now;
      if (free > now) messages.push({ ...turn, at: free });
      else turns.push(turn);
    }
    if (turns.length === 0) return;
    const { coldStart, free } = environments.take(now, turns);
    const ends = runBatch(turns, now + coldStart, inputs, measured, (target) => ill.has(target), random);
    const took = coldStart + Math.max(...ends.map(({ after }) => after));
    for (const { turn, after, isDone, writeUnits, readUnits, victims } of ends) {
      if (isDone) lateness.push(now + coldStart + after - turn.due);
      used.writeUnits += writeUnits;
      used.readUnits += readUnits;
      used.ended += victims;
    }
    used.batches++;
    used.workerSeconds += took;
    for (const { target } of turns) out.set(target, now + took);
    running.push({ until: now + took, free: () => free(now + took), ends });
    used.peak = Math.max(used.peak, running.size);
  };

  const more = lambda.moreEachMinute / 60;
  let last = 0;
  while (messages.size > 0 || running.size > 0) {
    const next = messages.peek()?.at ?? Number.POSITIVE_INFINITY;
    const burst = last % fleet.every;
    const allowed = Math.min(lambda.maxConcurrency, Math.floor(lambda.startConcurrency + more * burst));
    const end = running.peek()?.until ?? Number.POSITIVE_INFINITY;
    if (next <= last && running.size < allowed) {
      begin(last);
      continue;
    }
    // A poller more may come before anything else does.
    const wait = next <= last && running.size < lambda.maxConcurrency ? last + 1 / more : Number.POSITIVE_INFINITY;
    last = Math.min(end, wait, next > last ? next : Number.POSITIVE_INFINITY);
    for (let done = running.peek(); done !== undefined && done.until <= last; done = running.peek()) {
      running.pop();
      finish(last, done);
    }
  }

  const time = Math.max(last, rounds * fleet.every);
  const batchesSent = rounds * Math.ceil(count / 10);
  const sorted = lateness.toSorted((a, b) => a - b);
  return {
    ...used,
    targets: count,
    minutes: fleet.minutes,
    coldStarts: environments.coldStarts,
    mean: used.workerSeconds / time,
    lateness: sorted,
    missed: sorted.filter((seconds) => seconds > fleet.every).length,
    plannerSeconds: rounds * (sending(count - 1) + 0.05),
    sqsRequests: used.sqsRequests + batchesSent + 2 * used.batches + fleet.minutes * lambda.emptyPollsEachMinute,
    secretsCalls:
      environments.secretsCalls + Math.ceil((fleet.minutes * 60) / lambda.listKept) * Math.ceil(count / SECRETS_PAGE),
  };
}

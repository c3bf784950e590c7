import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { planReaps } from '../../lib/fleet/plan-reaps.ts';
import { MAX_RECEIPTS, type ReapOrder } from '../../lib/fleet/reap-order.ts';
import { workOff } from '../../lib/fleet/work-batch.ts';
import { runScheduled } from '../../lib/reaper/reap.ts';
import type { ReapReport } from '../../lib/reaper/report.ts';
import type { Services } from '../../lib/services.ts';
import { log } from '../../lib/telemetry/log.ts';
import { observe } from '../../lib/telemetry/observe.ts';

/** The time of a schedule; a test moves its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves at that moment, or as soon as the signal is given. */
  until(moment: number, signal: AbortSignal): Promise<void>;
}

/** Longer than this a timer is set anew: a machine that slept, or whose clock was set, notices then. */
const LOOK_MS = 5_000;

/** The machine's own. */
export const systemClock: Clock = {
  now: Date.now,
  until: async (moment, signal) => {
    while (!signal.aborted && Date.now() < moment) {
      const ms = Math.min(LOOK_MS, Math.max(1, moment - Date.now()));
      await sleep(ms, undefined, { signal }).catch(() => {});
    }
  },
};

const MINUTE = 60_000;
/** A machine that slept for longer than this plans no more of the past. */
const DAY = 86_400_000;

/** The schedule of one machine's reapers. */
export interface Schedule {
  /** Ends with what is on its way. */
  stop(): Promise<void>;
  /** What was due by now is done. */
  idle(): Promise<void>;
}

/**
 * Runs every reaper when it is due, in the mode that its rule says: planned by the minute as a deployment plans it, the
 * orders of one target one after the other, those of several targets side by side. What failed is tried again later, until
 * the next run is due.
 */
export function keepSchedule(services: Services, clock: Clock): Schedule {
  const ending = new AbortController();
  const turns = new Map<string, Promise<void>>();
  const waiting = new Set<string>();
  let planning = Promise.resolve();

  const order = (one: ReapOrder): void => {
    const key = `${one.target}#${one.reaper}`;
    // The one that waits is the same, and due since longer.
    if (waiting.has(key)) return;
    waiting.add(key);
    const before = turns.get(one.target) ?? Promise.resolve();
    const turn = before
      .then(() => {
        waiting.delete(key);
        return ending.signal.aborted ? undefined : attempt(services, one, clock, ending.signal);
      })
      .catch((error: unknown) => log('error', 'reaper not run', { ...one, failure: String(error) }));
    turns.set(one.target, turn);
  };

  const plan = async (minutes: readonly number[]): Promise<void> => {
    const names = (await services.targets.list()).map(({ name }) => name);
    const stopped = await services.stopped();
    const due = minutes.flatMap((at) => planReaps(services.config.reapers, names, new Date(at), stopped));
    // Of several that a sleeping machine missed, the last counts.
    const latest = new Map(due.map((one) => [`${one.target}#${one.reaper}`, one]));
    for (const one of latest.values()) order(one);
  };

  const loop = async (): Promise<void> => {
    let last = Math.floor(clock.now() / MINUTE) * MINUTE;
    while (!ending.signal.aborted) {
      await clock.until(last + MINUTE, ending.signal);
      if (ending.signal.aborted) return;
      const now = Math.floor(clock.now() / MINUTE) * MINUTE;
      last = Math.max(last, now - DAY);
      const minutes = Array.from({ length: (now - last) / MINUTE }, (_, at) => last + (at + 1) * MINUTE);
      last = now;
      planning = plan(minutes).catch((error: unknown) =>
        log('error', 'reapers not planned', { failure: String(error) }),
      );
      await planning;
    }
  };
  const ended = loop();
  const idle = async (): Promise<void> => {
    await planning;
    await Promise.all(turns.values());
  };
  return {
    idle,
    stop: async () => {
      ending.abort();
      await ended;
      await idle();
    },
  };
}

/** Works an order off as a worker of a deployment does, whose queue gives it out again after so many seconds. */
async function attempt(services: Services, one: ReapOrder, clock: Clock, signal: AbortSignal): Promise<void> {
  const messageId = randomUUID();
  for (let receives = 1; receives <= MAX_RECEIPTS; receives++) {
    const end = await observe(messageId, () =>
      workOff(services, one, { messageId, receives }, () => clock.now(), told),
    );
    if (end.end === 'done') return;
    await log('warn', 'reap not done', { ...one, messageId, receives, ...end });
    if (end.end !== 'retry' || end.code === 'late-after-failure') return;
    await clock.until(clock.now() + end.seconds * 1000, signal);
    if (signal.aborted) return;
  }
}

/** A run that chose somebody, or was held back, says so in the log. */
const told: typeof runScheduled = async (...run) => {
  const report = await runScheduled(...run);
  if (report.victims.length > 0 || report.warned.length > 0 || report.held !== null)
    await log('info', 'reaper ran', summary(report));
  return report;
};

function summary({ target, reaper, dryRun, sessions, victims, warned, held }: ReapReport) {
  const outcomes = Object.groupBy(victims, ({ outcome, code }) => outcome ?? code ?? 'would end');
  const counts = Object.entries(outcomes).map(([name, some]) => [name, some?.length ?? 0]);
  return { target, reaper, dryRun, sessions, victims: Object.fromEntries(counts), warned: warned.length, held };
}

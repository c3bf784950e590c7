import { setTimeout as sleep } from 'node:timers/promises';

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

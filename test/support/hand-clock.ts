import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../local/serve/schedule.ts';

/** A clock that stands still until a test moves it. */
export class HandClock implements Clock {
  #now: number;
  readonly #waiting = new Set<{ readonly moment: number; readonly wake: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  until(moment: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || moment <= this.#now) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { moment, wake: resolve };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', () => {
        this.#waiting.delete(waiter);
        resolve();
      });
    });
  }

  /** Wakes whoever waits for a moment that is over then, and gives them a turn. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const waiter of [...this.#waiting])
      if (waiter.moment <= this.#now) {
        this.#waiting.delete(waiter);
        waiter.wake();
      }
    await turn();
  }
}

import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

interface Timer {
  readonly at: number;
  /** Timers of one instant go off in the order in which they were set. */
  readonly place: number;
  readonly run: () => void;
}

/** What `setTimeout` gives in Node: enough of it for the code under test. */
class Handle {
  readonly #clear: () => void;
  constructor(clear: () => void) {
    this.#clear = clear;
  }
  unref(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  clear(): void {
    this.#clear();
  }
}

/** Time that passes only when it is told to. Milliseconds since the epoch. */
export class Clock {
  now: number;
  readonly #start: number;
  #timers: Timer[] = [];
  #places = 0;

  constructor(start: number) {
    this.now = start;
    this.#start = start;
  }

  /** Milliseconds since the clock was made. */
  get elapsed(): number {
    return this.now - this.#start;
  }

  get next(): number | undefined {
    return this.#timers[0]?.at;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.now + Math.max(0, milliseconds), place: this.#places++, run };
    const at = this.#timers.findIndex((other) => other.at > timer.at);
    this.#timers.splice(at === -1 ? this.#timers.length : at, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Passes on to the next timer and sets it off. */
  goOn(): void {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    this.now = Math.max(this.now, timer.at);
    timer.run();
  }
}

let current: Clock | undefined;
const startOf = (clock: Clock): number => clock.elapsed;

/** Has the process live by a clock, or by its own again. Runs follow one another; two at once would share it. */
export const liveBy = (clock: Clock | undefined): void => {
  current = clock;
};

/**
 * Puts virtual time in place of the process's own: `Date`, `performance.now`, timers, and those of `node:timers/promises`
 * for whoever has imported them before. Until a clock is set ({@link liveBy}) all is as it was.
 *
 * @returns what puts everything back
 */
export function takeOverTime(): () => void {
  const real = {
    Date: globalThis.Date,
    now: performance.now,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    sleep: timers.setTimeout,
  };
  class VirtualDate extends real.Date {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0 && current !== undefined) super(Math.floor(current.now));
      else super(...(given as [number]));
    }
    static override now(): number {
      return current === undefined ? real.Date.now() : Math.floor(current.now);
    }
  }
  const set = (run: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]): unknown =>
    current === undefined
      ? real.setTimeout(run, milliseconds, ...given)
      : new Handle(current.after(milliseconds, () => run(...given)));
  const repeat = (run: () => void, milliseconds = 0): unknown => {
    const clock = current;
    if (clock === undefined) return real.setInterval(run, milliseconds);
    let stop = (): void => {};
    const again = (): void => {
      stop = clock.after(milliseconds, () => {
        again();
        run();
      });
    };
    again();
    return new Handle(() => stop());
  };
  const clear = (handle: unknown): void => {
    if (handle instanceof Handle) handle.clear();
    else real.clearTimeout(handle as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    Date: VirtualDate,
    setTimeout: set,
    setInterval: repeat,
    clearTimeout: clear,
    clearInterval: clear,
  });
  performance.now = () => (current === undefined ? real.now.call(performance) : startOf(current));
  const sleep = <T>(milliseconds?: number, value?: T, options?: object): Promise<T> => {
    const clock = current;
    if (clock === undefined) return real.sleep(milliseconds, value, options) as Promise<T>;
    return new Promise<T>((resolve) => clock.after(milliseconds ?? 0, () => resolve(value as T)));
  };
  timers.setTimeout = sleep as typeof timers.setTimeout;
  syncBuiltinESMExports();
  return () => {
    current = undefined;
    Object.assign(globalThis, {
      Date: real.Date,
      setTimeout: real.setTimeout,
      setInterval: real.setInterval,
      clearTimeout: real.clearTimeout,
      clearInterval: real.clearInterval,
    });
    performance.now = real.now;
    timers.setTimeout = real.sleep;
    syncBuiltinESMExports();
  };
}

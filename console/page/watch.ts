import { type Signal, signal } from '@preact/signals';
import { Failure } from './api.ts';

/** What is known of something that is read again and again. */
export interface Look<T> {
  /** The last that was read; kept while reading fails. */
  readonly value: T | undefined;
  /** When that was. */
  readonly at: number;
  /** Why it could not be read the last time. */
  readonly failure: Failure | undefined;
  /** Since when it could not. */
  readonly failingSince: number;
}

const NOTHING: Look<never> = { value: undefined, at: 0, failure: undefined, failingSince: 0 };
const SLOWEST_MS = 30_000;

/** Reads something again and again while it is wanted and somebody looks at the page. */
export class Watch<T> {
  readonly look: Signal<Look<T>> = signal<Look<T>>(NOTHING);
  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #every: () => number;
  readonly #isWanted: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: AbortController | undefined;
  #failures = 0;

  /** @param every - milliseconds from one answer to the next call */
  constructor(read: (signal: AbortSignal) => Promise<T>, every: () => number, isWanted: () => boolean) {
    this.#read = read;
    this.#every = every;
    this.#isWanted = isWanted;
    document.addEventListener('visibilitychange', () => !document.hidden && this.now());
  }

  /** Reads at once, also where it is not wanted just now. */
  async now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    try {
      const value = await this.#read(reading.signal);
      if (reading.signal.aborted) return;
      this.#failures = 0;
      this.look.value = { ...NOTHING, value, at: Date.now() };
    } catch (error) {
      if (reading.signal.aborted) return;
      if (!(error instanceof Failure)) throw error;
      this.#failures += 1;
      const { failingSince, value, at } = this.look.value;
      this.look.value = { value, at, failure: error, failingSince: failingSince || Date.now() };
    } finally {
      if (!reading.signal.aborted) this.#plan();
    }
  }

  /** Forgets what was read, of another target, and reads anew if wanted. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#reading?.abort();
    this.#failures = 0;
    this.look.value = NOTHING;
    this.#next();
  }

  #plan(): void {
    // Who does not answer is asked less and less.
    this.#timer = setTimeout(() => this.#next(), Math.min(this.#every() * 2 ** this.#failures, SLOWEST_MS));
  }

  #next(): void {
    if (this.#isWanted() && !document.hidden) void this.now();
    else this.#plan();
  }
}

import { seeded } from '../simulate/random.ts';

/** Choices that one number decides. */
export class Seed {
  readonly #next: () => number;

  constructor(number: number) {
    // Neighbouring numbers must not tell neighbouring stories.
    this.#next = seeded(Math.imul(number ^ (number >>> 16), 0x45d9f3b));
  }

  /** A whole number from 0 to below `most`. */
  below(most: number): number {
    return Math.floor(this.#next() * most);
  }

  /** True in one of so many cases. */
  oneIn(cases: number): boolean {
    return this.#next() * cases < 1;
  }

  one<T>(of: readonly [T, ...T[]]): T {
    return of[this.below(of.length)] ?? of[0];
  }

  /** One of a list, which may be empty. */
  any<T>(of: readonly T[]): T | undefined {
    return of[this.below(of.length)];
  }
}

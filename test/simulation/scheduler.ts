import { Clock, liveBy } from './clock.ts';
import type { Seed } from './seed.ts';

interface Parked {
  readonly who: string;
  readonly goOn: () => void;
}

/** Who dies with a call: the function that makes it. */
const ownerOf = (who: string): string => who.split('#', 1)[0] ?? who;

/** More turns than any story needs: who is not at an end by then never comes to one. */
const MOST_TURNS = 6_000;

/** Milliseconds. */
const LATENCIES: readonly [number, ...number[]] = [0, 0.1, 0.4, 1, 3];

const SOON_MS = 600;

/** A story ends here: something happened that must not. */
export class Contradiction extends Error {
  /** The rule that was broken, the same for the same fault. */
  readonly rule: string;
  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

/**
 * Lets one thing happen at a time, and the seed say which. Whoever calls a database or a store waits for a turn before the
 * call takes effect and for another before its answer arrives; in between anybody else may act, and the world.
 */
export class Scheduler {
  readonly clock = new Clock(Date.UTC(2026, 2, 1, 12));
  readonly #seed: Seed;
  readonly #parked: Parked[] = [];
  readonly #alive = new Set<string>();
  readonly #dead = new Set<string>();
  #turns = 0;
  #found: Contradiction | undefined;
  /** What the world does before a turn. Whose turn it is dies there (`lost`), or is frozen for so many milliseconds. */
  readonly #world: (who: string) => 'lost' | number | undefined;

  constructor(seed: Seed, world: (who: string) => 'lost' | number | undefined) {
    this.#seed = seed;
    this.#world = world;
  }

  /** Waits for a turn. It may never come: functions die. @param who - the function, or a call of it: `function#1` */
  turn(who: string): Promise<void> {
    return new Promise((goOn) => this.#parked.push({ who, goOn }));
  }

  /** Ends the story with what must not be. The first one counts. */
  found(contradiction: Contradiction): void {
    this.#found ??= contradiction;
  }

  /** Begins somebody's work; what it throws ends the story. */
  begin(who: string, work: () => Promise<void>): void {
    this.#alive.add(who);
    liveBy(this.clock);
    work()
      .catch((error: unknown) =>
        this.found(
          error instanceof Contradiction
            ? error
            : new Contradiction('nothing unforeseen', String(error instanceof Error ? (error.stack ?? error) : error)),
        ),
      )
      .finally(() => this.#alive.delete(who));
  }

  /** Runs until all that was begun has ended or died. @throws Contradiction */
  async run(): Promise<void> {
    liveBy(this.clock);
    try {
      for (;;) {
        // Everything that follows from the last turn happens first.
        await new Promise<void>((done) => setImmediate(done));
        if (this.#found !== undefined) throw this.#found;
        const { next } = this.clock;
        if (this.#alive.size === 0 || (this.#parked.length === 0 && next === undefined)) return;
        if (++this.#turns > MOST_TURNS) throw new Contradiction('all come to an end', 'somebody goes on for ever');
        if (this.#parked.length === 0 || this.#isSlow(next)) this.clock.goOn();
        else this.#takeTurn();
      }
    } finally {
      liveBy(undefined);
    }
  }

  /** True where what is under way takes longer than until a timer goes off; mostly one that goes off soon. */
  #isSlow(next: number | undefined): boolean {
    return next !== undefined && this.#seed.oneIn(next - this.clock.now < SOON_MS ? 8 : 200);
  }

  #takeTurn(): void {
    const [parked] = this.#parked.splice(this.#seed.below(this.#parked.length), 1);
    if (parked === undefined || this.#dead.has(ownerOf(parked.who))) return;
    const end = this.#world(parked.who);
    if (end === 'lost') {
      this.#alive.delete(ownerOf(parked.who));
      this.#dead.add(ownerOf(parked.who));
      return;
    }
    // A round trip takes a moment, and now and then a long one.
    this.clock.now += this.#seed.oneIn(60) ? 700 : this.#seed.one(LATENCIES);
    if (end === undefined) parked.goOn();
    else this.clock.after(end, () => this.#parked.push(parked));
  }
}

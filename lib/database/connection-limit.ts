import { AppError } from '../errors.ts';

/** How many connections one process may have to one target, and how long a call waits for one. */
export interface ConnectionLimits {
  readonly connectionsPerTarget: number;
  /** Seconds. */
  readonly waitSeconds: number;
}

/** What a connection is for: a call that ends something goes before all that only look. */
export type Purpose = 'kill' | 'look';

/** Gives a place back. More than once does no harm. */
export type Leave = () => void;

/** With this many waiting for each connection, one more would not get one in time. */
const WAITING_PER_CONNECTION = 16;

interface Waiting {
  readonly enter: () => void;
}

/** The places of one target. Looks leave one place free for kills where there are two or more; each kind waits in its own queue. */
class Places {
  readonly #limits: ConnectionLimits;
  readonly #taken: Record<Purpose, number> = { kill: 0, look: 0 };
  readonly #queues: Readonly<Record<Purpose, Set<Waiting>>> = { kill: new Set(), look: new Set() };

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get isUnused(): boolean {
    return this.#taken.kill + this.#taken.look + this.#queues.kill.size + this.#queues.look.size === 0;
  }

  async enter(purpose: Purpose): Promise<Leave> {
    const queue = this.#queues[purpose];
    if (queue.size > 0 || !this.#hasRoom(purpose)) await this.#wait(queue);
    else this.#taken[purpose]++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#taken[purpose]--;
      this.#admit();
    };
  }

  #hasRoom(purpose: Purpose): boolean {
    const { connectionsPerTarget: all } = this.#limits;
    const { kill, look } = this.#taken;
    return kill + look < all && (purpose === 'kill' || look < Math.max(1, all - 1));
  }

  /** Who waits longest of the kind that goes first takes a place that has become free. */
  #admit(): void {
    for (const purpose of ['kill', 'look'] as const) {
      for (const waiting of this.#queues[purpose]) {
        if (!this.#hasRoom(purpose)) break;
        this.#queues[purpose].delete(waiting);
        this.#taken[purpose]++;
        waiting.enter();
      }
    }
  }

  /** Waits until {@link #admit} has taken a place for the caller. */
  async #wait(queue: Set<Waiting>): Promise<void> {
    const { connectionsPerTarget, waitSeconds } = this.#limits;
    const busy = () => new AppError('too-many-requests', { retryAfter: waitSeconds });
    if (queue.size >= connectionsPerTarget * WAITING_PER_CONNECTION) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { enter: resolve };
    queue.add(waiting);
    const timer = setTimeout(() => {
      if (queue.delete(waiting)) reject(busy());
    }, waitSeconds * 1000);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Holds the connections of this process to each target below a limit. What finds no place waits its turn, first come first
 * served, and kills before looks; of several places one is kept for kills, so that lists cannot hold up the one who is to
 * fix the problem.
 *
 * @returns takes a place and resolves to what gives it back.
 * It rejects with AppError `too-many-requests` after `waitSeconds`, and at once where too many wait already.
 */
export function connectionLimit(limits: ConnectionLimits): (target: string, purpose: Purpose) => Promise<Leave> {
  const targets = new Map<string, Places>();
  return async (target, purpose) => {
    const places = targets.get(target) ?? new Places(limits);
    targets.set(target, places);
    // There may be thousands of targets, and made-up names too.
    const forget = () => {
      if (places.isUnused && targets.get(target) === places) targets.delete(target);
    };
    try {
      const leave = await places.enter(purpose);
      return () => {
        leave();
        forget();
      };
    } catch (error) {
      forget();
      throw error;
    }
  };
}

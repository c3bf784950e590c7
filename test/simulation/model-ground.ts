import { sessionId } from '../../lib/sessions/session.ts';
import { simulatedDatabase } from './database.ts';
import type { EngineModel } from './engines.ts';
import { aCall, Judge } from './judge.ts';
import { CALM } from './plan.ts';
import { Rows } from './rows.ts';
import type { Ended, Ground, Guest, Observation, Script } from './same-scripts.ts';
import { Scheduler } from './scheduler.ts';
import { Seed } from './seed.ts';
import { type Client, World } from './world.ts';

/** Chance that never strikes: the first of each list, but for what is told beforehand. */
class Still extends Seed {
  /** Where the next choices fall. */
  readonly places: number[] = [];

  constructor() {
    super(0);
  }
  override below(most: number): number {
    return Math.min(this.places.shift() ?? 0, Math.max(0, most - 1));
  }
  override oneIn(): boolean {
    return false;
  }
}

const STATEMENT_MS = 1_000;
/** Places in the model's lists of how long a statement takes to end and a session to be undone: seconds and hours. */
const SLOW_CUT = 5;
const SLOW_ROLLBACK = 5;

class ModelGuest implements Guest {
  readonly id;
  readonly #world: World;
  readonly #seed: Still;
  readonly #client: Client;

  constructor(world: World, seed: Still) {
    this.#world = world;
    this.#seed = seed;
    this.#client = world.connect(world.current);
    this.id = sessionId(this.#client.id);
  }
  async begin(): Promise<void> {
    this.#client.transactionSince = this.#world.now;
  }
  async commit(): Promise<void> {
    this.#client.transactionSince = null;
  }
  async start(word: string): Promise<void> {
    this.#world.start(this.#client, this.#world.now, word);
  }
  async startMuch(): Promise<void> {
    this.#world.start(this.#client, this.#world.now, 'UPDATE much');
    // First it is chosen who has the ID.
    this.#seed.places.push(0, SLOW_CUT);
  }
  async doMuch(): Promise<void> {
    await this.begin();
    this.#seed.places.push(0, 0, SLOW_ROLLBACK);
  }
  async ended(): Promise<Ended> {
    const { running } = this.#client;
    this.#world.scheduler.clock.now += STATEMENT_MS;
    this.#world.pass();
    if (running !== null && running.end === null) this.#world.end(this.#client, 'itself');
    // What comes next does not come at the same instant.
    this.#world.scheduler.clock.now++;
    return this.#client.ended.at(-1)?.end?.by ?? 'session';
  }
  async leave(): Promise<void> {
    this.#world.leave(this.#client, 'gone');
  }
}

/** Plays a script on the model of an engine. @throws what the model's own rules do not allow */
export async function playOnModel(engine: EngineModel, { play }: Script): Promise<readonly Observation[]> {
  const seed = new Still();
  const scheduler: Scheduler = new Scheduler(new Still(), () => undefined);
  const world = new World(engine, seed, CALM, 0, scheduler, () => {});
  const rows = new Rows(world, {});
  const call = aCall('script', { mayEnd: () => true, wants: () => true });
  const ground: Ground = {
    database: simulatedDatabase(world, rows, new Judge(world, rows), call, {}, '900'),
    connect: async () => new ModelGuest(world, seed),
    pause: async (milliseconds) => {
      scheduler.clock.now += milliseconds;
      world.pass();
    },
  };
  let seen: readonly Observation[] = [];
  scheduler.begin('script', async () => {
    seen = await play(ground);
  });
  await scheduler.run();
  return seen;
}

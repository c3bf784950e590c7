import { Actors } from './actors.ts';
import type { Break } from './breaks.ts';
import { CONFIGURATIONS } from './configuration.ts';
import { ENGINES } from './engines.ts';
import { House } from './house.ts';
import { CALM, type Plan } from './plan.ts';
import { Contradiction, Scheduler } from './scheduler.ts';
import { Seed } from './seed.ts';
import { World } from './world.ts';

/** How a story ended: with what must not be, or well. */
export interface Ending {
  readonly contradiction: Contradiction | undefined;
  /** What happened, in order; empty where nobody asked for it. */
  readonly story: readonly string[];
}

const HOURS = 3_600_000;
/** Rollbacks have ended by the first time; by the second nothing may be left to wait for. */
const LATER = [6, 30] as const;
const FROZEN: readonly [number, ...number[]] = [2_000, 15_000, 1_300_000];

/** Tells one story: the same for the same plan, always. */
export async function tell(plan: Plan, breaks: Break, isTold = false): Promise<Ending> {
  const story: string[] = [];
  const seed = new Seed(plan.order);
  const scheduler = new Scheduler(seed, (who) => {
    world.stir();
    if (world.weather.deaths === 0 || !seed.oneIn(world.weather.deaths)) return undefined;
    if (seed.oneIn(2)) {
      world.say(() => `${who} dies`);
      return 'lost';
    }
    const frozen = seed.one(FROZEN);
    world.say(() => `${who} is frozen for ${frozen / 1000} s`);
    return frozen;
  });
  const say = (line: () => string): void => {
    if (isTold) story.push(`+${(scheduler.clock.elapsed / 1000).toFixed(3)} s  ${line()}`);
  };
  const engine = ENGINES[plan.engine] ?? ENGINES[0];
  const world = new World(engine, seed, plan.weather, plan.sessions, scheduler, say);
  const house = new House(world, CONFIGURATIONS[plan.configuration], breaks);
  const actors = new Actors(house);
  try {
    for (const [at, actor] of plan.actors.entries()) {
      const name = `${actor.does}-${at + 1}`;
      scheduler.begin(name, () => actors.act(actor, name));
    }
    await scheduler.run();
    await settleDown();
    return { contradiction: undefined, story };
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
    return { contradiction: error, story };
  }

  /** Hours later, with every server and store well: what is left open after the sweep stays so. */
  async function settleDown(): Promise<void> {
    world.weather = CALM;
    house.judge.throwStop(false);
    for (const hours of LATER) {
      scheduler.clock.now += hours * HOURS;
      world.calmDown();
      if (breaks.noSweep === true) continue;
      const name = `sweep ${hours} h later`;
      scheduler.begin(name, () => actors.sweep(name));
      await scheduler.run();
    }
    const [left] = house.audit.open;
    if (left !== undefined)
      throw new Contradiction(
        'after the sweep nothing is open',
        `${left.id} (${left.kind} ${left.sessionId}) is ${left.outcome ?? 'open'}`,
      );
  }
}

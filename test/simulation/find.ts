import type { Break } from './breaks.ts';
import { ENGINES } from './engines.ts';
import { type Plan, planOf, simpler } from './plan.ts';
import { tell } from './run.ts';
import type { Contradiction } from './scheduler.ts';

/** A story in which something happened that must not, as short as it was made. */
export interface Found {
  readonly seed: number;
  readonly contradiction: Contradiction;
  readonly plan: Plan;
  readonly story: readonly string[];
}

/** Orders tried for each simpler plan: what happens is rare, and in another order it happens elsewhere. */
const ORDERS = 40;
const MOST_LINES = 40;

/** The story of a number; `undefined` where it ends well. */
export async function tryOut(seed: number, breaks: Break): Promise<Contradiction | undefined> {
  return (await tell(planOf(seed, ENGINES.length), breaks)).contradiction;
}

/** Makes a story shorter for as long as the same rule is broken in it: fewer people, sessions and mishaps. */
export async function shorten(seed: number, breaks: Break): Promise<Found | undefined> {
  let plan = planOf(seed, ENGINES.length);
  const first = (await tell(plan, breaks)).contradiction;
  if (first === undefined) return undefined;
  const broken = async (one: Plan): Promise<boolean> => (await tell(one, breaks)).contradiction?.rule === first.rule;
  const inSomeOrder = async (one: Plan): Promise<Plan | undefined> => {
    for (let order = 0; order < ORDERS; order++) {
      const tried = { ...one, order: one.order + order };
      if (await broken(tried)) return tried;
    }
    return undefined;
  };
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (const one of simpler(plan)) {
      const shorter = await inSomeOrder(one);
      if (shorter === undefined) continue;
      plan = shorter;
      isShorter = true;
      break;
    }
  }
  // Of all orders the one with the fewest words.
  let told = await tell(plan, breaks, true);
  for (let order = 1; order < ORDERS * 2; order++) {
    const one = { ...plan, order: plan.order + order };
    const other = await tell(one, breaks, true);
    if (other.contradiction?.rule === first.rule && other.story.length < told.story.length) told = other;
  }
  return { seed, contradiction: told.contradiction ?? first, plan, story: told.story };
}

/** A story in a few lines, and how to hear it again. */
export function inWords({ seed, contradiction, plan, story }: Found, flags = ''): string {
  const cut =
    story.length > MOST_LINES ? [`… ${story.length - MOST_LINES} lines before`, ...story.slice(-MOST_LINES)] : story;
  return [
    `seed ${seed}, ${ENGINES[plan.engine]?.name}: ${contradiction.message}`,
    ...cut.map((line) => `  ${line}`),
    `again: npm run simulation -- --seed ${seed}${flags}`,
  ].join('\n');
}

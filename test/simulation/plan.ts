import type { KillKind } from '../../lib/sessions/session.ts';
import { Seed } from './seed.ts';
import type { Weather } from './world.ts';

const RULES = ['idle', 'twice', 'busy', 'no-transaction', 'not-new', 'warned'] as const;
type Who = 'dba' | 'developer' | 'asker';

/** Somebody who does something. `after`: milliseconds, by which it begins. */
export type Actor = { readonly after: number } & (
  | { readonly does: 'list'; readonly who: Who }
  | {
      readonly does: 'kill';
      readonly who: Who;
      readonly kind: KillKind;
      readonly tag: boolean;
      readonly escalateAfter: number | null;
      readonly wait: number;
    }
  | { readonly does: 'bulk'; readonly who: Who; readonly most: number; readonly wait: number }
  | { readonly does: 'reap'; readonly rule: (typeof RULES)[number]; readonly runs: number }
  | { readonly does: 'approve'; readonly clicks: number }
  | { readonly does: 'sweep' }
  | { readonly does: 'stop'; readonly lifts: boolean }
  | { readonly does: 'keep' }
);

/** All that a story is made of but its order, which `order` decides. */
export interface Plan {
  readonly engine: number;
  readonly configuration: 0 | 1;
  readonly sessions: number;
  readonly weather: Weather;
  readonly actors: readonly Actor[];
  readonly order: number;
}

/** The weather in which nothing happens by itself. */
export const CALM: Weather = { life: 0, others: 0, restarts: 0, failovers: 0, losses: 0, deaths: 0, gaps: 0 };

/** The plan of a number: always the same one. */
export function planOf(number: number, engines: number): Plan {
  const seed = new Seed(number);
  const at = (): number => seed.one([0, 0, 5, 100, 3_000, 70_000]);
  const who = (): Who => seed.one(['dba', 'dba', 'developer', 'asker']);
  const actors = Array.from({ length: 1 + seed.below(4) }, (): Actor | readonly Actor[] => {
    const after = at();
    switch (seed.below(11)) {
      case 0:
        return { does: 'list', after, who: who() };
      case 1:
      case 2:
      case 3: {
        const kind = seed.one(['connection', 'query'] as const);
        const escalateAfter = kind === 'query' && seed.oneIn(2) ? 1 + seed.below(3) : null;
        return { does: 'kill', after, who: who(), kind, tag: !seed.oneIn(4), escalateAfter, wait: at() };
      }
      case 4:
      case 5:
        return { does: 'bulk', after, who: who(), most: 2 + seed.below(6), wait: at() };
      case 6:
      case 7: {
        const rule = seed.one(RULES);
        const reap: Actor = { does: 'reap', after, rule, runs: rule === 'warned' ? 3 : 1 };
        return rule === 'warned' && !seed.oneIn(3) ? [reap, { does: 'keep', after }] : reap;
      }
      case 8:
        return { does: 'approve', after, clicks: seed.one([2, 3, 20]) };
      case 9:
        return seed.oneIn(2) ? { does: 'stop', after, lifts: seed.oneIn(3) } : { does: 'sweep', after };
      default:
        return { does: 'keep', after };
    }
  }).flat();
  const often = (...cases: readonly [number, ...number[]]): number => seed.one(cases);
  return {
    engine: seed.below(engines),
    configuration: seed.oneIn(5) ? 1 : 0,
    sessions: 1 + seed.below(8),
    weather: {
      life: often(0, 3, 6, 12),
      others: often(0, 0, 12, 40),
      restarts: often(0, 0, 0, 60),
      failovers: often(0, 0, 0, 60),
      losses: often(0, 0, 12, 60),
      deaths: often(0, 0, 0, 80),
      gaps: often(0, 0, 4),
    },
    actors,
    order: seed.below(2 ** 31),
  };
}

/** Plans that are a little simpler, the simplest first. */
export function* simpler(plan: Plan): Generator<Plan> {
  for (const at of plan.actors.keys())
    if (plan.actors.length > 1) yield { ...plan, actors: plan.actors.filter((_, other) => other !== at) };
  for (const name of Object.keys(plan.weather) as (keyof Weather)[])
    if (plan.weather[name] > 0) yield { ...plan, weather: { ...plan.weather, [name]: 0 } };
  for (const sessions of [1, 2, plan.sessions - 1])
    if (sessions > 0 && sessions < plan.sessions) yield { ...plan, sessions };
  for (const [at, actor] of plan.actors.entries()) {
    const put = (other: Actor): Plan => ({ ...plan, actors: plan.actors.with(at, other) });
    if (actor.after > 0) yield put({ ...actor, after: 0 });
    if ('wait' in actor && actor.wait > 0) yield put({ ...actor, wait: 0 });
    if (actor.does === 'bulk' && actor.most > 2) yield put({ ...actor, most: actor.most - 1 });
    if (actor.does === 'approve' && actor.clicks > 2) yield put({ ...actor, clicks: 2 });
  }
}

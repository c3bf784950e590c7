import type { BenchServer } from './bench-server.ts';
import { benchColdStart, type ColdStartBench } from './cold-start.ts';
import { benchCommand } from './command.ts';
import type { Measured } from './figures.ts';
import { benchGrowth, type GrowthBench, type Point } from './growth.ts';
import { benchList } from './list.ts';
import { benchMatch } from './match.ts';
import { benchReap } from './reap.ts';

/** How much a run of the bench does. */
export interface Amounts {
  /** Of all that is compared with a peer. */
  readonly pairs: number;
  /** Of lists, which take milliseconds. */
  readonly listPairs: number;
  readonly victims: number;
  readonly sessions: number;
  readonly match: { readonly sessions: number; readonly rules: number };
  readonly growth: GrowthBench;
  readonly coldStart: ColdStartBench;
}

/** All of it: a quarter of an hour for three engines on two cores that do nothing else. */
export const FULL: Amounts = {
  pairs: 7,
  listPairs: 21,
  victims: 2_000,
  sessions: 3_000,
  match: { sessions: 10_000, rules: 20 },
  growth: {
    real: [100, 1_000, 3_000],
    magnified: [
      { sessions: 10_000, statement: 0 },
      { sessions: 10_000, statement: 4_096 },
      { sessions: 50_000, statement: 0 },
    ],
    rounds: 3,
  },
  coldStart: { rounds: 15, isShort: false },
};

/** To try it out. */
export const QUICK: Amounts = {
  pairs: 2,
  listPairs: 5,
  victims: 300,
  sessions: 500,
  match: { sessions: 2_000, rules: 5 },
  growth: { real: [100, 500], magnified: [{ sessions: 5_000, statement: 0 }], rounds: 1 },
  coldStart: { rounds: 3, isShort: true },
};

/** What a part found. */
export interface Found {
  readonly figures?: readonly Measured[];
  readonly growth?: readonly Point[];
  /** For a part that has more to show than figures: its page in results/. */
  readonly page?: string;
}

/** The parts that need a server, in the order in which they run. */
export const ON_SERVERS: Readonly<
  Record<string, ((server: BenchServer, amounts: Amounts) => Promise<Found>) | undefined>
> = {
  reap: async (server, amounts) => ({ figures: await benchReap(server, { ...amounts, isFar: false }) }),
  'reap-far': async (server, amounts) => ({ figures: await benchReap(server, { ...amounts, isFar: true }) }),
  list: async (server, { listPairs, sessions }) => ({
    figures: await benchList(server, { pairs: listPairs, sessions }),
  }),
  growth: async (server, { growth }) => ({ growth: await benchGrowth(server, growth) }),
};

/** Those that need none. */
export const ON_THEIR_OWN: Readonly<Record<string, ((amounts: Amounts) => Promise<Found>) | undefined>> = {
  match: async ({ pairs, match }) => ({ figures: await benchMatch({ pairs, ...match }) }),
  command: async (amounts) => ({ figures: await benchCommand(amounts) }),
  'cold-start': ({ coldStart }) => benchColdStart(coldStart),
};

import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../lib/database/database.ts';
import type { Random } from '../fuzz/random.ts';
import type { Client, Login, Step } from './a-client.ts';

/** What a client needs to know of its play. */
export interface Scene {
  readonly engine: Engine;
  readonly logins: readonly [Login, ...Login[]];
  /** True once the play is over. */
  readonly isOver: () => boolean;
}

/** One thing that people's clients do, from an idle session to an idle session. */
export type Habit = (client: Client, random: Random, scene: Scene) => Promise<unknown>;

// Several rows, so that a SLEEP that is cut meets its check for a KILL at the next row: MySQL ends a cut SLEEP without an error.
const ROWS = '(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) r';

/** A statement of so many milliseconds, whose client can tell whether it was cut. */
const long = (milliseconds: number, words = ''): Step => ({
  sql: `SELECT % SLEEP(${(milliseconds / 4000).toFixed(4)}) AS slept FROM ${ROWS}${words}`,
  least: milliseconds,
  sleeps: 4,
});
const some = (random: Random): Step => long(100 + random.below(1_500));
const pause = (random: Random, most: number) => sleep(random.below(most));
/** The client's own row, which nobody else touches. */
const own = ({ life }: Client): string => `UPDATE % crowd.t SET n = n + 1 WHERE id = ${life.client}`;

const autocommit: Habit = async (client, random) => {
  for (let n = random.below(3); n >= 0; n--) {
    await client.send([random.chance(25) ? { sql: own(client) } : some(random)]);
    await pause(random, 800);
  }
};

const binary: Habit = async (client, random) => {
  const least = 100 + random.below(1_200);
  await client.send([{ sql: `SELECT % SLEEP(?) AS slept FROM ${ROWS}`, least, sleeps: 4 }], { values: [least / 4000] });
  await pause(random, 500);
};

const packet: Habit = async (client, random) => {
  const length = 2 + random.below(3);
  const steps = Array.from({ length }, () =>
    random.chance(30) ? { sql: `SET % @crowd = ${random.below(9)}` } : some(random),
  );
  await client.send(steps);
  await pause(random, 300);
};

/** Work in a transaction that somebody else has begun in the way of his own. */
async function workInside(client: Client, random: Random, isReadOnly: boolean): Promise<void> {
  const first = isReadOnly ? 'SELECT % n FROM crowd.t WHERE id = 1' : own(client);
  if ((await client.send([{ sql: first }], { leaves: true })) !== 'whole') return;
  for (let n = random.below(3); n >= 0; n--) {
    await pause(random, 1_500);
    await client.send(random.chance(25) ? [some(random), some(random)] : [some(random)]);
  }
  await pause(random, 2_500);
}

const begin: Habit = async (client, random) => {
  const isReadOnly = random.chance(25);
  await client.send([{ sql: isReadOnly ? 'START % TRANSACTION READ ONLY' : 'BEGIN' }]);
  await workInside(client, random, isReadOnly);
  await client.send([{ sql: random.one(['COMMIT', 'ROLLBACK']) }], { leaves: false });
};

const autocommitOff: Habit = async (client, random) => {
  await client.send([{ sql: 'SET % autocommit = 0' }]);
  for (let n = random.below(2); n >= 0; n--) {
    await workInside(client, random, false);
    await client.send([{ sql: 'COMMIT' }], { leaves: false });
    await pause(random, 300);
  }
  await client.send([{ sql: 'SET % autocommit = 1' }], { leaves: false });
};

const leave: Habit = (client, random) => client.leave(random.chance(60));

/** Everything that clients do, with how often; what an engine does not know is left out there. */
export const HABITS: readonly {
  readonly name: string;
  readonly weight: number;
  readonly habit: Habit;
  readonly not?: readonly Engine[];
}[] = [
  { name: 'autocommit', weight: 4, habit: autocommit },
  { name: 'binary protocol', weight: 3, habit: binary },
  { name: 'packet', weight: 3, habit: packet },
  { name: 'begin', weight: 4, habit: begin },
  { name: 'autocommit off', weight: 2, habit: autocommitOff },
  { name: 'leave', weight: 1, habit: leave },
];

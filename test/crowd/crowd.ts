/**
 * A crowd that knows its own truth: clients of every kind and the product on one real server, and everything that the
 * product says held against what the clients noted:
 * `npm run crowd -- --engine mysql|mariadb|oceanbase [--seed N] [--seconds 60] [--clients 16] [--only 3,7] [--stories 2]`.
 * The server comes from `MYSQL_URL` and so on, or is started for each play, with options that its seed says. It plays in
 * rounds of a minute at most, each with a seed of its own; of each kind of contradiction it tells so many stories, from the
 * smallest play in which it came again; and it ends with 1 where an answer was contradicted.
 */
import { parseArgs } from 'node:util';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { playOnServer } from './on-server.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';
import { tallyOf } from './tally.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '16' },
    only: { type: 'string' },
    stories: { type: 'string', default: '2' },
  },
});
const engine = ENGINE_NAMES.find((name) => name === values.engine);
if (engine === undefined) {
  console.error('usage: npm run crowd -- --engine oceanbase|mariadb|mysql [--seed N] [--seconds 60] [--clients 16]');
  process.exit(2);
}
const ROUND_SECONDS = 60;
const clients = Number(values.clients);
const only = values.only?.split(',').map(Number);
let found = 0;
const told = new Map<string, number>();
let seed = Number(values.seed);
for (let left = Number(values.seconds); left > 0; left -= ROUND_SECONDS, seed++) {
  const seconds = Math.min(left, ROUND_SECONDS);
  const order = { engine, seed, seconds, clients, ...(only !== undefined && { only }) };
  const played = await playOnServer(order);
  found += played.contradictions.length;
  console.log(`${engine}, seed ${seed}: ${tallyOf(played)}`);
  // One of each kind tells more than many of one.
  for (const [claim, [one]] of Map.groupBy(played.contradictions, ({ claim }) => claim)) {
    if (one === undefined || (told.get(claim) ?? 0) >= Number(values.stories)) continue;
    told.set(claim, (told.get(claim) ?? 0) + 1);
    const smallest = await shrink(order, played, one);
    const who = smallest.order.only === undefined ? '' : ` --only ${smallest.order.only.join(',')}`;
    const story = storyOf(smallest.contradiction, smallest.notes, smallest.calls);
    console.log(`\n--engine ${engine} --seed ${seed} --seconds ${smallest.order.seconds}${who}\n${story}\n`);
  }
}
process.exit(found > 0 ? 1 : 0);

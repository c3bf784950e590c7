/**
 * A crowd that knows its own truth: clients of every kind and the product on one real server, and everything that the
 * product says held against what the clients noted:
 * `npm run crowd -- --engine mysql|mariadb|oceanbase [--seed N] [--seconds 60] [--clients 16]`.
 * The server comes from `MYSQL_URL` and so on, or is started for the run. It plays in rounds of a minute at most, each with
 * a seed of its own, and ends with 1 where an answer was contradicted.
 */
import { parseArgs } from 'node:util';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { startEngine } from '../engines/servers.ts';
import { playOnce } from './play.ts';
import { storyOf } from './story.ts';
import { tallyOf } from './tally.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '16' },
    stories: { type: 'string', default: '5' },
  },
});
const engine = ENGINE_NAMES.find((name) => name === values.engine);
if (engine === undefined) {
  console.error('usage: npm run crowd -- --engine oceanbase|mariadb|mysql [--seed N] [--seconds 60] [--clients 16]');
  process.exit(2);
}
const server = await startEngine(engine);
if (server.url === undefined) {
  console.error(`${engine}: ${server.reason}`);
  process.exit(1);
}

const ROUND_SECONDS = 60;
let found = 0;
let told = 0;
try {
  let seed = Number(values.seed);
  for (let left = Number(values.seconds); left > 0; left -= ROUND_SECONDS, seed++) {
    const order = {
      engine,
      url: server.url,
      seed,
      seconds: Math.min(left, ROUND_SECONDS),
      clients: Number(values.clients),
    };
    const played = await playOnce(order);
    found += played.contradictions.length;
    console.log(`${engine}, seed ${seed}: ${tallyOf(played)}`);
    for (const one of played.contradictions.slice(0, Math.max(0, Number(values.stories) - told))) {
      told++;
      console.log(`\n${storyOf(one, played.notes, played.calls)}\n`);
    }
  }
} finally {
  await server.stop();
}
process.exit(found > 0 ? 1 : 0);

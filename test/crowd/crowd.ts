/**
 * A crowd that knows its own truth: clients of every kind and the product on one real server, and everything that the
 * product says held against what the clients noted:
 * `npm run crowd -- --engine mysql|mariadb|oceanbase [--seed N] [--seconds 60] [--clients 16] [--only 3,7] [--stories 2]`.
 * The server comes from `MYSQL_URL` and so on, or is started for each play, with options that its seed says. It plays in
 * rounds of a minute at most, each with a seed of its own; of each kind of contradiction it tells so many stories, from the
 * smallest play in which it came again; and it ends with 1 where an answer was contradicted.
 *
 * `--break NAME` takes back one thing that was mended, plays with one seed after the other for ten minutes at most, and tells
 * how long it took until an answer was contradicted. `--again N` plays one seed so often and counts the plays that tell the
 * same; with `--break` too.
 */
import { parseArgs } from 'node:util';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { BREAKS, takeBack } from './breaks.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    seconds: { type: 'string' },
    clients: { type: 'string', default: '16' },
    only: { type: 'string' },
    stories: { type: 'string', default: '2' },
    break: { type: 'string' },
    again: { type: 'string' },
  },
});
const broken = values.break === undefined ? undefined : BREAKS[values.break];
const engine = ENGINE_NAMES.find((name) => name === (values.engine ?? broken?.engine));
if (engine === undefined || (values.break !== undefined && broken === undefined)) {
  console.error(`usage: npm run crowd -- --engine oceanbase|mariadb|mysql [--seed N] [--seconds 60] [--clients 16]
  [--again 10] [--break ${Object.keys(BREAKS).join('|')}]`);
  process.exit(2);
}
// Before anything of what it changes is loaded.
if (broken !== undefined) takeBack(broken);
const { playOnServer } = await import('./on-server.ts');
const { shrink } = await import('./shrink.ts');
const { storyOf } = await import('./story.ts');
const { tallyOf } = await import('./tally.ts');

const ROUND_SECONDS = 60;
const BROKEN_SECONDS = 25;
const BROKEN_MINUTES = 10;
const given = { engine, clients: Number(values.clients) };
const orderOf = (seed: number, seconds: number) => ({
  ...given,
  seed,
  seconds,
  ...(values.only !== undefined && { only: values.only.split(',').map(Number) }),
});
type Played = Awaited<ReturnType<typeof playOnServer>>;

let found = 0;
const told = new Map<string, number>();
async function tell(order: ReturnType<typeof orderOf>, played: Played): Promise<void> {
  found += played.contradictions.length;
  console.log(`${engine}, seed ${order.seed}: ${tallyOf(played)}`);
  // One of each kind tells more than many of one.
  for (const [claim, [one]] of Map.groupBy(played.contradictions, ({ claim }) => claim)) {
    if (one === undefined || (told.get(claim) ?? 0) >= Number(values.stories)) continue;
    told.set(claim, (told.get(claim) ?? 0) + 1);
    const smallest = await shrink(order, played, one);
    const { only, seed, seconds } = smallest.order;
    const who = only === undefined ? '' : ` --only ${only.join(',')}`;
    const story = storyOf(smallest.contradiction, smallest.notes, smallest.calls);
    console.log(`\n--engine ${engine} --seed ${seed} --seconds ${seconds}${who}\n${story}\n`);
  }
}

let seed = Number(values.seed);
if (values.again !== undefined) {
  const counts = new Map<string, number>();
  for (let n = Number(values.again); n > 0; n--) {
    const { contradictions } = await playOnServer(orderOf(seed, Number(values.seconds ?? BROKEN_SECONDS)));
    found += contradictions.length;
    for (const claim of new Set(contradictions.map((one) => one.claim)))
      counts.set(claim, (counts.get(claim) ?? 0) + 1);
  }
  console.log(
    `${engine}, seed ${seed}, ${values.again} plays, of them with ${JSON.stringify(Object.fromEntries(counts))}`,
  );
} else if (broken !== undefined) {
  const began = performance.now();
  const sinceBegan = (): number => Math.round((performance.now() - began) / 1_000);
  for (let plays = 1; found === 0 && sinceBegan() < BROKEN_MINUTES * 60; plays++, seed++) {
    const order = orderOf(seed, Number(values.seconds ?? BROKEN_SECONDS));
    const played = await playOnServer(order);
    const after = sinceBegan();
    const claims = [...new Set(played.contradictions.map(({ claim }) => claim))];
    console.log(`${values.break}: play ${plays}, seed ${seed}, ${after} s: ${claims.join(', ') || 'nothing'}`);
    if (claims.length > 0) await tell(order, played);
  }
} else {
  for (let left = Number(values.seconds ?? ROUND_SECONDS); left > 0; left -= ROUND_SECONDS, seed++) {
    const order = orderOf(seed, Math.min(left, ROUND_SECONDS));
    await tell(order, await playOnServer(order));
  }
}
process.exit(found > 0 ? 1 : 0);

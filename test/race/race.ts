/**
 * Cancels, by tag, only those statements of busy clients that are marked as victims, and counts what the clients saw:
 * `npm run race -- --engine mariadb [--seconds 20] [--cancellers 2]`. The server comes from `MARIADB_URL` and so on, or
 * is started for the run. It goes on in rounds of that length until 500 cancels took effect, ten rounds at most.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createUrlDirectory } from '../../lib/credentials/database-url.ts';
import type { Engine } from '../../lib/database/database.ts';
import { createServices } from '../../lib/services.ts';
import { startEngine } from '../engines/servers.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { operatorConfig } from '../support/operator-config.ts';
import { cancelVictims } from './cancel.ts';
import { LOADS, type Order, type Tally } from './clients.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    cancellers: { type: 'string', default: '2' },
  },
});

const isEngine = (name: string | undefined): name is Engine => name !== undefined && name in LOADS;
if (!isEngine(values.engine)) {
  console.error('usage: npm run race -- --engine oceanbase|mariadb|mysql [--seconds 20] [--cancellers 2]');
  process.exit(2);
}
const engine = values.engine;
const server = await startEngine(engine);
if (server.url === undefined) {
  console.error(`${engine}: ${server.reason}`);
  process.exit(1);
}

const ENOUGH = 500;
const MAX_ROUNDS = 10;
const targets = createUrlDirectory(new Map([['local', server.url]]));
const services = createServices(operatorConfig, targets, memoryAuditStore());

const { clients, length } = LOADS[engine];

/** One round: the clients in a thread of their own, the cancellers here. */
async function race(url: string) {
  const end = Date.now() + Number(values.seconds) * 1000;
  const isOver = (): boolean => Date.now() >= end;
  const order: Order = { url, clients, length, end };
  const worker = new Worker(new URL('./clients-worker.ts', import.meta.url), { workerData: order });
  const clientsDone = new Promise<Tally>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const all = await Promise.all(
    Array.from({ length: Number(values.cancellers) }, () => cancelVictims(services, isOver)),
  );
  return { answers: all, tally: await clientsDone };
}

try {
  const tally: Tally = { run: 0, victimsCut: 0, innocentsCut: 0, otherErrors: 0 };
  const answers: Record<string, number> = {};
  let rounds = 0;
  while (rounds < MAX_ROUNDS && tally.victimsCut + tally.innocentsCut < ENOUGH) {
    const round = await race(server.url);
    rounds++;
    for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] += round.tally[key];
    for (const one of round.answers)
      for (const [answer, count] of one) answers[answer] = (answers[answer] ?? 0) + count;
  }
  const probe = await services.open({ name: 'local' });
  const { version } = probe.server;
  await probe.close();
  const effective = tally.victimsCut + tally.innocentsCut;
  console.log(
    `${engine} ${version}, ${clients} clients, statements of ${length.from}–${length.to} ms, ${rounds} × ${values.seconds} s`,
  );
  console.log(`statements run to their end: ${tally.run}, clients that lost their connection: ${tally.otherErrors}`);
  console.log(
    `effective cancels: ${effective}, of these victims: ${tally.victimsCut}, innocent: ${tally.innocentsCut}`,
  );
  console.log(`answers: ${JSON.stringify(answers)}`);
  console.log(`server is up: yes`);
} finally {
  await server.stop();
}

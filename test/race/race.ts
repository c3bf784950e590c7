/**
 * Cancels, by tag, only those statements of busy clients that are marked as victims, and holds what was answered against
 * what the clients saw: `npm run race -- --engine mariadb [--mode plain|mixed] [--at 1|2] [--seconds 20] [--cancellers 2]`.
 * `mixed`: half of the clients work in transactions, procedures and packets. `--at 2`: two cancel the same statement at the
 * same time. The server comes from `MARIADB_URL` and so on, or is started for the run. It goes on in rounds of that length
 * until enough cancels took effect, sixty rounds at most.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createServices } from '../../lib/services.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import type { EngineName as Engine } from '../engines/engine-status.ts';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { startEngine } from '../engines/servers.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { operatorConfig } from '../support/operator-config.ts';
import { cancelVictims, type Said } from './cancel.ts';
import { LOAD, type Order, type Tally } from './clients.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    cancellers: { type: 'string', default: '2' },
    mode: { type: 'string', default: 'plain' },
    at: { type: 'string', default: '1' },
    enough: { type: 'string', default: '1000' },
  },
});

const isEngine = (name: string | undefined): name is Engine => ENGINE_NAMES.some((known) => known === name);
const { mode } = values;
if (!isEngine(values.engine) || (mode !== 'plain' && mode !== 'mixed')) {
  console.error(
    'usage: npm run race -- --engine oceanbase|mariadb|mysql [--mode plain|mixed] [--at 2] [--seconds 20] [--cancellers 2] [--enough 1000]',
  );
  process.exit(2);
}
const engine = values.engine;
const server = await startEngine(engine);
if (server.url === undefined) {
  console.error(`${engine}: ${server.reason}`);
  process.exit(1);
}

const MAX_ROUNDS = 60;
const targets = createUrlDirectory(new Map([['local', server.url]]));
// Anew for each round: the more a store in memory holds, the slower it is, and the older the tags.
const servicesNow = () => createServices(operatorConfig, targets, memoryAuditStore());

const { clients, length } = LOAD;

/** One round: the clients in a thread of their own, the cancellers here. */
async function race(url: string) {
  const end = Date.now() + Number(values.seconds) * 1000;
  const isOver = (): boolean => Date.now() >= end;
  const order: Order = { url, engine, clients, length, mode: values.mode as Order['mode'], end };
  const services = servicesNow();
  const worker = new Worker(new URL('./clients-worker.ts', import.meta.url), { workerData: order });
  const clientsDone = new Promise<Tally>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const all = await Promise.all(
    Array.from({ length: Number(values.cancellers) }, () => cancelVictims(services, Number(values.at), isOver)),
  );
  return { answers: all, tally: await clientsDone };
}

/** Answers that claim a proof which the statement's own client contradicts. */
function contradictions(said: readonly Said[], tally: Tally): readonly string[] {
  const [cut, whole] = [new Set(tally.cut), new Set(tally.whole)];
  return said.flatMap(({ number, answer }) => {
    if (answer === 'query-cancelled (proven)' && whole.has(number)) return [`${answer}, and it ran to its end`];
    return answer === 'already-gone (proven)' && cut.has(number) ? [`${answer}, and it was cut`] : [];
  });
}

try {
  const sums = { run: 0, victimsCut: 0, innocentsCut: 0, otherErrors: 0 };
  const answers: Record<string, number> = {};
  const wrong: string[] = [];
  let rounds = 0;
  while (rounds < MAX_ROUNDS && sums.victimsCut + sums.innocentsCut < Number(values.enough)) {
    const round = await race(server.url);
    rounds++;
    for (const key of ['run', 'victimsCut', 'innocentsCut', 'otherErrors'] as const) sums[key] += round.tally[key];
    const said = round.answers.flat();
    for (const { answer } of said) answers[answer] = (answers[answer] ?? 0) + 1;
    wrong.push(...contradictions(said, round.tally));
  }
  const probe = await servicesNow().open({ name: 'local' });
  const { version } = probe.server;
  await probe.close();
  const effective = sums.victimsCut + sums.innocentsCut;
  console.log(
    `${engine} ${version}, ${mode}, ${values.at} at a statement, ${clients} clients, statements of ${length.from}–${length.to} ms, ${rounds} × ${values.seconds} s`,
  );
  console.log(`statements run to their end: ${sums.run}, clients that lost their connection: ${sums.otherErrors}`);
  console.log(
    `effective cancels: ${effective}, of these victims: ${sums.victimsCut}, innocent: ${sums.innocentsCut}, told as cut-another: ${(answers['cut-another (proven)'] ?? 0) + (answers['cut-another'] ?? 0)}`,
  );
  console.log(`proofs that a client contradicts: ${wrong.length} ${JSON.stringify([...new Set(wrong)])}`);
  console.log(`answers: ${JSON.stringify(answers)}`);
  console.log('server is up: yes');
} finally {
  await server.stop();
}

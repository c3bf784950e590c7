/**
 * `npm run bench`: measures everything beside its peers, prints it, and writes results/, the chart and the table of
 * docs/performance.md. `-- reap list` measures these parts only, `--engine mariadb` on that engine only, `--quick` in a few
 * pairs of fewer sessions, to try it out: that writes nothing.
 */
import { parseArgs } from 'node:util';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { startEngine } from '../engines/servers.ts';
import { benchServer } from './bench-server.ts';
import { circumstances, type Figure, figureRows } from './figures.ts';
import { growthTable, type Point } from './growth.ts';
import { type Found, FULL, ON_SERVERS, ON_THEIR_OWN, QUICK } from './parts.ts';
import { table, writeReport } from './report.ts';
import { keepResults } from './results.ts';

const ALL = [...Object.keys(ON_SERVERS), ...Object.keys(ON_THEIR_OWN)];
const USAGE = `usage: npm run bench -- [${ALL.join('|')} …] [--engine ${ENGINE_NAMES.join('|')}] [--quick]`;

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, engine: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const parts = positionals.length === 0 ? ALL : positionals;
const engines = ENGINE_NAMES.filter((name) => values.engine?.includes(name) ?? true);
if (engines.length === 0 || !parts.every((part) => ALL.includes(part))) {
  console.error(USAGE);
  process.exit(2);
}
const amounts = values.quick ? QUICK : FULL;
const { day, machine } = circumstances();
const figures: Figure[] = [];
const growth: Point[] = [];

/** To a hundredth of a millisecond: more digits would only make the file longer. */
const rounded = (times: readonly number[]): readonly number[] => times.map((ms) => Math.round(ms * 100) / 100);

async function measure(part: string, where: string, work: () => Promise<Found>): Promise<void> {
  const before = performance.now();
  const { figures: measured = [], growth: points = [], page } = await work();
  const own = measured.map((one) => ({
    part,
    ...one,
    ours: rounded(one.ours),
    theirs: rounded(one.theirs),
    day,
    machine,
  }));
  figures.push(...own);
  growth.push(...points.map((point) => ({ ...point, ms: rounded(point.ms) })));
  console.log(`\n${part}${where}, ${((performance.now() - before) / 1_000).toFixed(0)} s`);
  const { head, rows } = figureRows(own);
  if (rows.length > 0) console.log(table(head, rows));
  if (points.length > 0) console.log(growthTable(points));
  if (page !== undefined && !values.quick) await writeReport(part, 'Cold start', page);
}

const onServers = parts.filter((part) => ON_SERVERS[part] !== undefined);
for (const name of onServers.length === 0 ? [] : engines) {
  const engine = await startEngine(name);
  if (engine.url === undefined) {
    console.log(`${name}: ${engine.reason}`);
    continue;
  }
  try {
    const server = await benchServer(engine, engine.url);
    for (const part of onServers)
      await measure(part, ` on ${server.server}`, async () => (await ON_SERVERS[part]?.(server, amounts)) ?? {});
  } finally {
    await engine.stop();
  }
}
for (const part of parts)
  if (ON_THEIR_OWN[part] !== undefined)
    await measure(part, '', async () => (await ON_THEIR_OWN[part]?.(amounts)) ?? {});
if (!values.quick) await keepResults({ figures, growth });

/**
 * `npm run simulate`: measures the worker and pt-kill on real servers (or reads what was measured before), plays fleets with
 * it, prints concurrency, lateness and a month's cost by the prices that are given, and writes results/simulate.md.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { readInputs } from './inputs.ts';
import { measureFleet, ROUND_TRIP_MS, VICTIMS } from './measure-fleet.ts';
import { measurePtKill } from './measure-pt-kill.ts';
import { type Measured, readMeasured } from './measured.ts';
import { reportOf } from './report-of.ts';

const RESULTS = new URL('../../results/', import.meta.url);

async function measure(): Promise<Measured> {
  const { dynamodb, skipped } = await startDynamoDbLocal();
  if (dynamodb === undefined) throw new Error(skipped);
  try {
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}`,
      roundTrip: ROUND_TRIP_MS,
      victims: VICTIMS,
      engines: await measureFleet(dynamodb),
      ptKill: await measurePtKill(),
    };
  } finally {
    await dynamodb.stop();
  }
}

const { values } = parseArgs({
  options: {
    measured: { type: 'string' },
    inputs: { type: 'string', default: new URL('inputs.yaml', import.meta.url).pathname },
    targets: { type: 'string', default: '1000,10000' },
    seed: { type: 'string', default: '1' },
  },
});
const sizes = values.targets.split(',').map(Number);
if (!sizes.every((size) => Number.isInteger(size) && size > 0)) {
  console.error('usage: npm run simulate -- [--measured FILE] [--inputs FILE] [--targets 1000,10000] [--seed 1]');
  process.exit(2);
}
const inputs = await readInputs(values.inputs);
const measured = values.measured === undefined ? await measure() : await readMeasured(values.measured);
await mkdir(RESULTS, { recursive: true });
if (values.measured === undefined)
  await writeFile(new URL('simulate-measured.json', RESULTS), `${JSON.stringify(measured)}\n`);
const text = reportOf(measured, inputs, sizes, Number(values.seed));
console.log(text);
await writeFile(new URL('simulate.md', RESULTS), text);

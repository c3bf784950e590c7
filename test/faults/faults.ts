/**
 * `npm run faults [-- SUITE …]`: runs the suites that break things, all or those named, and writes the newest figures of every
 * suite to results/faults.md and docs/reliability.md. With `--full` the runs are long, which CI has no time for; `--table` runs none.
 */
import { spawnSync } from 'node:child_process';
import { writeFigures } from './figures.ts';
import { supplyChainFigures } from './supply-chain-figures.ts';
import { writeTable } from './write-table.ts';

/** Each suite writes its figures itself (figures.ts). Those that share a server run one after the other. */
const SUITES = {
  faults: ['test/faults/matrix', 'test/faults/crashes', 'test/faults/two-servers', 'test/faults/bad-weather'],
  disk: ['test/faults/full-disk'],
  full: ['test/engines/full-server'],
  load: ['test/faults/load'],
  fuzz: ['test/fuzz'],
  schemathesis: ['test/schemathesis'],
  secrets: ['test/secrets'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const isSuite = (name: string): name is keyof typeof SUITES => Object.hasOwn(SUITES, name);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isSuite(name) && name !== '--full' && name !== '--table');
if (unknown.length > 0) throw new Error(`no suite ${unknown.join(', ')}: there are ${Object.keys(SUITES).join(', ')}`);
const named = asked.filter(isSuite);
const wanted = named.length > 0 || asked.includes('--table') ? named : Object.keys(SUITES).filter(isSuite);

process.env['FAULTS_KEEP'] = '1';
if (asked.includes('--full')) process.env['FAULTS_FULL'] = '1';
const failed = wanted.filter(
  (name) => spawnSync('npx', ['vitest', 'run', ...SUITES[name]], { stdio: 'inherit' }).status !== 0,
);
writeFigures(supplyChainFigures());
await writeTable(wanted.length === Object.keys(SUITES).length);
for (const name of failed) console.error(`failed: ${name}`);
process.exit(failed.length > 0 ? 1 : 0);

/**
 * `npm run faults`: runs every suite that breaks things, and writes their figures to results/faults.md.
 * `npm run faults -- --full` takes the long runs, which CI has no time for.
 */
import { spawnSync } from 'node:child_process';
import { writeReport } from '../bench/report.ts';
import { figuresTable } from './figures.ts';

/** Each suite writes its figures itself (figures.ts). */
const SUITES: readonly (readonly string[])[] = [
  ['npx', 'vitest', 'run', 'test/faults', 'test/engines/full-server.test.ts'],
  ['npx', 'vitest', 'run', 'test/fuzz', 'test/schemathesis', 'test/secrets'],
];

const isFull = process.argv.includes('--full');
const env = { ...process.env, ...(isFull && { FAULTS_FULL: '1' }) };
const failed = SUITES.filter(
  ([program = '', ...args]) => spawnSync(program, args, { stdio: 'inherit', env }).status !== 0,
);
await writeReport('faults', 'Broken on purpose', figuresTable());
for (const suite of failed) console.error(`failed: ${suite.join(' ')}`);
process.exit(failed.length > 0 ? 1 : 0);

import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseConfig } from '../../lib/config.ts';
import { importPtKill } from '../../local/cli/policy-import.ts';
import { testPolicy } from '../../local/cli/policy-test.ts';
import { readProcesslist } from '../../local/cli/read-processlist.ts';
import { FORMS, type Row } from '../differential/lists.ts';
import { RULES } from '../differential/rules.ts';
import { median, table, writeReport } from './report.ts';

const SESSIONS = 10_000;
const RULES_USED = RULES.slice(0, 20);

const COMMANDS = ['Sleep', 'Query', 'Execute', 'Sleep'] as const;
const rowOf = (index: number): Row => {
  const command = COMMANDS[index % 4] ?? 'Sleep';
  const info = command === 'Sleep' ? 'NULL' : `SELECT * FROM orders WHERE id = ${index}`;
  return [
    `${1_000 + index}`,
    `app_${index % 50}`,
    `10.0.${index % 200}.7:${10_000 + index}`,
    'shop',
    command,
    `${index % 900}`,
    '',
    info,
  ];
};

/** Matches 10,000 sessions against 20 rules, beside pt-kill's own matching of the same list. */
export async function run(): Promise<void> {
  const text = FORMS['tabs']?.(Array.from({ length: SESSIONS }, (_, index) => rowOf(index))) ?? '';
  const file = join(await mkdtemp(join(tmpdir(), 'warden-bench-')), 'list.txt');
  await writeFile(file, text);
  const [first, ...others] = RULES_USED.map((rule) => parseConfig(importPtKill(['--print', ...rule]), 'bench'));
  if (first === undefined) throw new Error('no rule');
  const policy = { ...first, reapers: [first, ...others].flatMap(({ reapers }) => reapers) };
  const times = { read: [] as number[], match: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < 5; round++) {
    let before = performance.now();
    const sessions = readProcesslist(text);
    times.read.push(performance.now() - before);
    before = performance.now();
    testPolicy(policy, sessions);
    times.match.push(performance.now() - before);
  }
  for (const rule of RULES_USED) {
    const before = performance.now();
    await promisify(execFile)('pt-kill', ['--test-matching', file, '--print', '--no-version-check', ...rule], {
      maxBuffer: 1e8,
    });
    times.theirs.push(performance.now() - before);
  }
  const theirs = times.theirs.reduce((sum, time) => sum + time, 0);
  const ours = median(times.read) + median(times.match);
  const ms = (time: number): string => `${Math.round(time)} ms`;
  await writeReport(
    'match',
    'Matching',
    `${SESSIONS} recorded sessions against ${RULES_USED.length} rules. Ours reads the list once; pt-kill knows one rule at a time, so it starts and reads it for each.\n\n${table(
      ['', 'time', 'against pt-kill'],
      [
        ['read the list', ms(median(times.read)), ''],
        [`match ${RULES_USED.length} rules, each with its reasons`, ms(median(times.match)), ''],
        ['both', ms(ours), `${(ours / theirs).toFixed(3)}×`],
        [`pt-kill, ${RULES_USED.length} runs`, ms(theirs), '1×'],
      ],
    )}`,
  );
}

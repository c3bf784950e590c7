import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseConfig } from '../../lib/config/config.ts';
import { testPolicy } from '../../local/cli/policy-commands.ts';
import { importPtKill } from '../../local/cli/policy-import.ts';
import { readProcesslist } from '../../local/cli/read-processlist.ts';
import { FORMS, type Row } from '../differential/lists.ts';
import { RULES } from '../differential/rules.ts';
import { inFolder } from './bundles.ts';
import { alternating, type Measured } from './figures.ts';
import { ptKillVersion } from './pt-kill.ts';

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

/** Reads a recorded list and matches it against rules; pt-kill knows one rule at a time, so it starts and reads the list for each. */
export async function benchMatch(amount: {
  readonly pairs: number;
  readonly sessions: number;
  readonly rules: number;
}): Promise<readonly Measured[]> {
  const { pairs, sessions } = amount;
  const rules = RULES.slice(0, amount.rules);
  const text = FORMS['tabs']?.(Array.from({ length: sessions }, (_, index) => rowOf(index))) ?? '';
  const [first, ...others] = rules.map((rule) => parseConfig(importPtKill(['--print', ...rule]), 'bench'));
  if (first === undefined) throw new Error('no rule');
  const policy = { ...first, reapers: [first, ...others].flatMap(({ reapers }) => reapers) };
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = performance.now();
    await work();
    return performance.now() - before;
  };
  const match = async () => testPolicy(policy, readProcesslist(text));
  // A process that has matched before, as a worker of a fleet has.
  await match();
  const taken = await inFolder(async (folder) => {
    const file = join(folder, 'list.txt');
    await writeFile(file, text);
    const ptKill = async () => {
      for (const rule of rules)
        await promisify(execFile)('pt-kill', ['--test-matching', file, '--print', '--no-version-check', ...rule], {
          maxBuffer: 1e8,
        });
    };
    return alternating(
      pairs,
      () => timed(match),
      () => timed(ptKill),
    );
  });
  const what = `match ${rules.length} rules × ${sessions.toLocaleString('en')}, the list read`;
  return [{ what, server: null, peer: await ptKillVersion(), ...taken, aim: { ratio: 0.02 } }];
}

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseConfig } from '../../lib/config.ts';
import { noRules } from '../default-config.ts';
import { importPtKill } from './policy-import.ts';
import { policyResult, policyResultText, testPolicy } from './policy-test.ts';
import { readProcesslist } from './read-processlist.ts';
import { UsageError } from './usage-error.ts';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file}: the file cannot be read`);
  }
}

/** What to print, and on what to look besides: empty where there is nothing. */
interface Told {
  readonly text: string;
  readonly warning: string;
}
const told = (text: string, warning = ''): Told => ({ text, warning });

function check(args: readonly string[]): Told {
  const [file, more] = args;
  if (file === undefined || more !== undefined) throw new UsageError('write one file: warden policy check FILE');
  const { reapers, access } = parseConfig(read(file), file);
  return told(
    `${file}: valid; ${access.length} access rules, ${reapers.length} reapers${reapers.map((reaper) => `\n  ${reaper.name} (${reaper.mode})`).join('')}`,
    access.length === 0 ? noRules(file) : '',
  );
}

function test(args: readonly string[]): Told {
  const { values } = parseArgs({
    args: [...args],
    options: { policy: { type: 'string' }, processlist: { type: 'string' }, json: { type: 'boolean' } },
  });
  if (values.policy === undefined || values.processlist === undefined)
    throw new UsageError('write both: warden policy test --policy FILE --processlist FILE');
  const config = parseConfig(read(values.policy), values.policy);
  let sessions: ReturnType<typeof readProcesslist>;
  try {
    sessions = readProcesslist(read(values.processlist));
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${values.processlist}: ${error.message}`) : error;
  }
  const result = testPolicy(config, sessions);
  return told(values.json ? JSON.stringify(policyResult(result), null, 2) : policyResultText(result));
}

/** `warden policy …`: what to print. @throws UsageError, AppError `configuration-invalid` */
export function policyCommand([verb, ...args]: readonly string[]): Told {
  if (verb === 'check') return check(args);
  if (verb === 'test') return test(args);
  if (verb === 'import') return told(importPtKill(args[0] === '--' ? args.slice(1) : args).trimEnd());
  throw new UsageError('write warden policy check, import or test');
}

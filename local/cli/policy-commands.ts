import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseConfig, type WardenConfig } from '../../lib/config/config.ts';
import { type Undecidable, undecidableInWords } from '../../lib/reaper/asked.ts';
import { type Choice, choose, compileRule } from '../../lib/reaper/choose.ts';
import { visible } from '../../lib/sessions/masking/visible.ts';
import type { Session } from '../../lib/sessions/session.ts';
import { noRules } from '../default-config.ts';
import { UsageError } from './help.ts';
import { importCommand } from './policy-import.ts';
import { readProcesslist } from './read-processlist.ts';

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

/** Whoever recorded a list with --raw must hear that its backslashes were read as escapes. */
const escapesIn = (list: string): string =>
  /^Id\t/im.test(list) && /\\[nt0\\]/.test(list)
    ? 'The list has \\n, \\t, \\0 or \\\\, read as mysql -B writes a new line, a tab, NUL and a backslash. One recorded with --raw looks the same: record it without.'
    : '';

function test(args: readonly string[]): Told {
  const { values } = parseArgs({
    args: [...args],
    options: { policy: { type: 'string' }, processlist: { type: 'string' }, json: { type: 'boolean' } },
  });
  if (values.policy === undefined || values.processlist === undefined)
    throw new UsageError('write both: warden policy test --policy FILE --processlist FILE');
  const config = parseConfig(read(values.policy), values.policy);
  const list = read(values.processlist);
  let sessions: ReturnType<typeof readProcesslist>;
  try {
    sessions = readProcesslist(list);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${values.processlist}: ${error.message}`) : error;
  }
  const result = testPolicy(config, sessions);
  const text = values.json ? JSON.stringify(policyResult(result), null, 2) : policyResultText(result);
  return told(text, escapesIn(list));
}

/** `warden policy …`: what to print. @throws UsageError, AppError `configuration-invalid` */
export function policyCommand([verb, ...args]: readonly string[]): Told {
  if (verb === 'check') return check(args);
  if (verb === 'test') return test(args);
  if (verb === 'import') return told(importCommand(args).trimEnd());
  throw new UsageError('write warden policy check, import or test');
}

/** What each rule of a policy makes of a recorded list. */
export type PolicyChoices = readonly { readonly reaper: string; readonly choice: Choice }[];

/** The same as plain data; victims in the order of killing. */
export interface PolicyResult {
  readonly victims: readonly { readonly id: string; readonly reaper: string; readonly reasons: readonly string[] }[];
  readonly spared: readonly { readonly id: string; readonly reaper: string; readonly reason: string }[];
  /** What a rule asks for and the list does not show: whatever hangs on it is decided for nobody. */
  readonly undecidable: readonly (Undecidable & { readonly reaper: string })[];
}

/** Runs every rule on a recorded list, in the order of the file. Locks and the server's limits are not on such a list, so they are unknown. */
export function testPolicy(
  { reapers, protected: protection }: WardenConfig,
  sessions: readonly Session[],
): PolicyChoices {
  const snapshot = { sessions, waits: null, maxConnections: null, ownId: null };
  return reapers.map((reaper) => ({
    reaper: reaper.name,
    choice: choose(compileRule(reaper), snapshot, protection.users),
  }));
}

/** Choices as plain data, with every reason. */
export const policyResult = (choices: PolicyChoices): PolicyResult => ({
  victims: choices.flatMap(({ reaper, choice }) =>
    choice.victims.map(({ session, reasons }) => ({ id: session.id, reaper, reasons })),
  ),
  spared: choices.flatMap(({ reaper, choice }) =>
    choice.spared.map(({ session, reason }) => ({ id: session.id, reaper, reason })),
  ),
  undecidable: choices.flatMap(({ reaper, choice }) => choice.undecidable.map((one) => ({ reaper, ...one }))),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Choices for a person: a line for each victim. */
export const policyResultText = (choices: PolicyChoices): string =>
  [
    ...choices.flatMap(({ reaper, choice }) =>
      choice.victims.map(({ session, reasons }) => [session.id, reaper, reasons.join('; ')].map(visible).join('\t')),
    ),
    `${sum(choices.map(({ choice }) => choice.victims.length))} victims, ${sum(choices.map(({ choice }) => choice.spared.length))} spared by one condition`,
    ...choices.flatMap(({ reaper, choice }) =>
      choice.undecidable.map((one) => `${reaper}\t${undecidableInWords(one)}`),
    ),
  ].join('\n');

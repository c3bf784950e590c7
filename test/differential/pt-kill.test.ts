import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lib/config/config.ts';
import { policyResult, testPolicy } from '../../local/cli/policy-commands.ts';
import { importPtKill } from '../../local/cli/policy-import.ts';
import { readProcesslist } from '../../local/cli/read-processlist.ts';
import { DIFFERENCES } from './differences.ts';
import { FORMS, LISTS } from './lists.ts';
import { missing, ptKill } from './pt-kill.ts';
import { RULES } from './rules.ts';

const forms = Object.keys(FORMS);
/** Each rule on each list; the forms in turn, so that each is met by many. */
const CASES = Object.keys(LISTS).flatMap((list, at) =>
  RULES.map((rule, index): [title: string, ...args: readonly [string, readonly string[], string]] => {
    const form = forms[(at + index) % forms.length] ?? 'tabs';
    return [`${rule.join(' ')} on ${list} as ${form}`, list, rule, form];
  }),
);

/** As pt-kill prints it: a number of 64 bits with its sign. */
const signed = (id: string): string => String(BigInt.asIntN(64, BigInt(id)));

describe.skipIf(missing)(`a rule of pt-kill${missing === undefined ? '' : ` - skipped: ${missing}`}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warden-diff-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is compared in at least 150 cases', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(150);
  });

  it.each(CASES)('ends the same sessions here: %s', async (_title, list, rule, form) => {
    const rows = LISTS[list] ?? [];
    const text = FORMS[form]?.(rows) ?? '';
    const file = join(folder, `${list}.${form}`);
    await writeFile(file, text);
    const theirs = await ptKill(file, rule);
    const policy = parseConfig(importPtKill(['--print', ...rule]), 'imported');
    const ours = policyResult(testPolicy(policy, readProcesslist(text))).victims.map(({ id }) => signed(id));
    const meant = new Set(
      rows.filter((row) => DIFFERENCES.some(({ isMeant }) => isMeant(row))).map(([id]) => signed(id)),
    );
    const without = (ids: readonly string[]) => ids.filter((id) => !meant.has(id));
    if (rule.includes('--group-by')) expect(without(ours).toSorted()).toEqual(without(theirs).toSorted());
    else expect(without(ours)).toEqual(without(theirs));
  });
});

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../local/cli/help.ts';
import { PT_KILL, readPtKill } from '../../local/cli/pt-kill-options.ts';
import { missing, ptKillOptions, ptKillReads } from './pt-kill.ts';

/** In milliseconds of one start of Perl each; they run side by side. */
const LINES: readonly string[] = [
  '--busy 60 --kill-q -uroot',
  '--busy-time=1h --pri',
  '--match-user= --print',
  '--match-user -x --print',
  '--match-user --pri --kill',
  '--nostrip --no-ignore --print --noversion',
  '--no-strip-comments --strip-comments --print',
  '--ignore-s x --print',
  '--p x',
  '--NOstrip --print',
  '--print=3',
  '--query-count +5 --print',
  '--query-count=x --print',
  '--q 5 --print',
  '--print -vuroot -P 3307',
  '--print -h=db1',
  '--print -hdb1 -hdb2',
  '--print -x',
  '--int 0 --print',
  '--busy-time 60s --print --busy-time 90',
  '--busy-time 1x --print',
  '--wait-a 5 --wait-before 6m --print',
  '--each 5 --print',
  '--config FILE --vict all',
  "--config='FILE' --print",
  '--print --config FILE',
  '--config NONE --print',
];

const FILE = `# a comment
; another

busy-time = 90   # behind it
match-user=^app =x
  nostrip
vict=all-but-oldest
print
--
u=root
`;

describe.skipIf(missing)(`options of pt-kill${missing === undefined ? '' : ` - skipped: ${missing}`}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warden-options-'));
    await writeFile(join(folder, 'pt-kill.conf'), FILE);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are all known here, with those that can be negated, and all in the documentation', () => {
    const theirs = ptKillOptions();
    expect(theirs.length).toBeGreaterThan(50);
    const ours = Object.entries(PT_KILL).map(([name, { takes }]) => ({ name, isNegatable: takes === 'no' }));
    const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name);
    expect(ours.toSorted(byName)).toEqual(theirs.toSorted(byName));
    const page = readFileSync(new URL('../../docs/from-pt-kill.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `--([\w-]+)` \| \S/gm)].map(([, name]) => name);
    expect(documented).toEqual(theirs.map(({ name }) => name).toSorted());
  });

  it('are read as pt-kill reads them', async () => {
    const lines = LINES.map((line) =>
      line.replace('FILE', join(folder, 'pt-kill.conf')).replace('NONE', join(folder, 'none')).split(' '),
    );
    const theirs: (ReadonlyMap<string, string> | null)[] = [];
    for (let at = 0; at < lines.length; at += 6)
      theirs.push(...(await Promise.all(lines.slice(at, at + 6).map((line) => ptKillReads(line)))));
    const read = (line: readonly string[], values: Read) => ({ line, values });
    expect(lines.map((line) => read(line, readHere(line)))).toEqual(
      lines.map((line, at) => read(line, valuesOf(theirs[at] ?? null))),
    );
  });
});

/** What both tell of a line: of options that take a value, and of flags. */
type Read = Readonly<Record<string, string>> | null;

const COMPARED = Object.entries(PT_KILL).filter(
  // Its help prints other things for these: files, lists, defaults of Debian's, and what it works out from others.
  ([name]) =>
    !['config', 'help', 'interval', 'set-vars', 'test-matching', 'log-dsn', 'sentinel', 'version-check'].includes(name),
);
const DEFAULTS: Readonly<Record<string, string>> = {
  host: 'localhost',
  'ignore-state': 'Locked',
  'kill-busy-commands': 'Query',
  victims: 'oldest',
};
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function readHere(line: readonly string[]): Read {
  try {
    const { values } = readPtKill(line);
    return Object.fromEntries(
      COMPARED.map(([name, { takes }]) => {
        const value = values.get(name) ?? (takes === 'no' ? true : DEFAULTS[name]);
        if (takes === 'flag' || takes === 'no') return [name, value === true ? 'TRUE' : 'FALSE'];
        if (value === undefined) return [name, '(No value)'];
        if (takes === 'count') return [name, String(Number(value))];
        if (takes !== 'time') return [name, String(value)];
        const [, count = '', unit = 's'] = /^(\d+)([smhd])?$/.exec(String(value)) ?? [];
        return [name, String(Number(count) * (SECONDS[unit] ?? 1))];
      }),
    );
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

const valuesOf = (theirs: ReadonlyMap<string, string> | null): Read =>
  theirs && Object.fromEntries(COMPARED.map(([name]) => [name, theirs.get(name) ?? 'none']));

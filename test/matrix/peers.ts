/**
 * Writes the table of other tools into docs/from-pt-kill.md: what was measured, from results/bench.json, and what was read,
 * from results/peers.json, each with its source and day. `--check` only compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const PAGE = join(root, 'docs/from-pt-kill.md');
const [BEGIN, END] = ['<!-- npm run peers writes this from results/ -->\n', '<!-- end of what it writes -->\n'];
const read = (name: string): unknown => JSON.parse(readFileSync(join(root, 'results', name), 'utf8'));

/** What the documentation of another tool says. */
const documented = z.array(
  z.strictObject({
    tool: z.string(),
    about: z.string(),
    there: z.string(),
    here: z.string(),
    source: z.url(),
    day: z.iso.date(),
  }),
);
const bench = z.object({
  figures: z.array(
    z.object({
      part: z.string(),
      what: z.string(),
      server: z.nullable(z.string()),
      peer: z.string(),
      ours: z.array(z.number()),
      theirs: z.array(z.number()),
      day: z.iso.date(),
    }),
  ),
});

const PARTS: Readonly<Record<string, string>> = {
  reap: '2,000 idle sessions, first look to last client closed',
  'reap-far': 'the same, behind 5 ms of network',
};

const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? 0;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function measuredRows(): readonly (readonly string[])[] {
  return bench
    .parse(read('bench.json'))
    .figures.filter(({ part, what }) => part in PARTS && what.endsWith('first look to last client closed'))
    .map(({ part, server, peer, ours, theirs, day }) => [
      peer,
      `${PARTS[part]}, ${server}`,
      seconds(median(theirs)),
      seconds(median(ours)),
      `measured ${day}`,
    ]);
}

function documentedRows(): readonly (readonly string[])[] {
  return documented
    .parse(read('peers.json'))
    .map(({ tool, about, there, here, source, day }) => [tool, about, there, here, `[read ${day}](${source})`]);
}

/** The page as it is, and as it should be. */
export function pageNow(): { readonly is: string; readonly should: string } {
  const is = readFileSync(PAGE, 'utf8');
  const [before, rest] = is.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error('docs/from-pt-kill.md has lost its marks');
  const rows = [
    ['tool', 'what', 'there', 'here', 'from'],
    Array(5).fill('---'),
    ...measuredRows(),
    ...documentedRows(),
  ];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  return { is, should: [before, BEGIN, '\n', table, '\n', END, after].join('') };
}

if (import.meta.main) {
  const { is, should } = pageNow();
  if (!process.argv.includes('--check')) writeFileSync(PAGE, should);
  else if (is !== should) {
    console.error('docs/from-pt-kill.md is not what results/ says: npm run peers');
    process.exitCode = 1;
  }
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { growthChart } from './chart.ts';
import { type Figure, figureRows } from './figures.ts';
import { growthTable, type Point } from './growth.ts';
import { table, writeReport } from './report.ts';

/** All that was measured, the newest of each. */
export interface Results {
  readonly figures: readonly Figure[];
  readonly growth: readonly Point[];
}

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const KEPT = at('results/bench.json');
const PAGE = at('docs/performance.md');
const CHART = at('docs/growth.svg');

/** The order of the table, and what a page of results/ says of each part. Cold start writes a page of its own, with every bundle. */
export const PARTS: Readonly<Record<string, { readonly title: string; readonly note: string } | undefined>> = {
  reap: {
    title: 'Reaping',
    note: 'Idle sessions of one user. Ours is `warden reap` as the package brings it: it connects, lists, compares on the server, verifies, and records intent and outcome on disk. pt-kill connects, lists and kills. Both are counted from the moment they ask for the process list, which each notes itself, to the moment the last client, in a process of its own, sees its connection closed; and from the start of the process: ours to its end with the report, pt-kill’s, which never ends, to the last client.',
  },
  'reap-far': {
    title: 'Reaping, 5 ms away',
    note: 'As in reap.md, with a door in front of the server that holds everything back for 2.5 ms each way.',
  },
  list: {
    title: 'Listing',
    note: 'One page of 500 through the handler, connecting and verifying the server included; the peer connects with mysql2, asks, gets all rows and closes.',
  },
  match: {
    title: 'Matching',
    note: 'A recorded list against rules of pt-kill. Ours reads the list once; pt-kill knows one rule at a time, so it starts and reads it for each.',
  },
  command: { title: 'The command', note: 'Processes of their own, from start to end.' },
  'cold-start': { title: 'Cold start', note: '' },
};

/** What was measured last. */
export const keptResults = (): Results =>
  existsSync(KEPT) ? (JSON.parse(readFileSync(KEPT, 'utf8')) as Results) : { figures: [], growth: [] };

const engineOf = (server: string | null): string => server?.split(' ')[0] ?? '';
const figureKey = ({ part, what, server }: Figure): string => [part, what, engineOf(server)].join('\n');

/** What is new takes the place of what it measured again. Of growth an engine is measured whole. */
export function merge(before: Results, now: Results): Results {
  const figures = new Map([...before.figures, ...now.figures].map((figure) => [figureKey(figure), figure]));
  const engines = new Set(now.growth.map(({ server }) => engineOf(server)));
  const growth = [...before.growth.filter(({ server }) => !engines.has(engineOf(server))), ...now.growth];
  const order = Object.keys(PARTS);
  return { figures: [...figures.values()].sort((a, b) => order.indexOf(a.part) - order.indexOf(b.part)), growth };
}

/** Figures as one table, with the day and the machine of each group that shares them. */
function pageOf(figures: readonly Figure[]): string {
  if (figures.length === 0) return 'Nothing has been measured yet.';
  const { head, rows } = figureRows(figures);
  const days = [...new Set(figures.map(({ day }) => day))].join(', ');
  const machines = [...new Set(figures.map(({ machine }) => machine))].join('; ');
  const pairs = Math.min(...figures.map(({ ours }) => ours.length));
  return `${table(head, rows)}\n\nMeasured ${days} on ${machines}. Medians of at least ${pairs} pairs, ours and the peer’s in turn; in brackets, between what the middle half of them lies.`;
}

/** The table of docs/performance.md. */
export const ratiosTable = ({ figures }: Results): string => pageOf(figures.filter(({ isDetail }) => !isDetail));

/** A page with another text between the markers of a name. @throws Error where it has none */
export function between(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- bench: end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

/** Keeps what was measured, and writes results/, the chart and the table of docs/performance.md anew. */
export async function keepResults(now: Results): Promise<void> {
  const results = merge(keptResults(), now);
  writeFileSync(KEPT, `${JSON.stringify(results, null, 1)}\n`);
  for (const [part, about] of Object.entries(PARTS)) {
    const figures = results.figures.filter((figure) => figure.part === part);
    if (!about?.note || !now.figures.some((figure) => figure.part === part)) continue;
    const page = `# ${about.title}\n\n${about.note}\n\n${pageOf(figures)}\n`;
    writeFileSync(at(`results/${part}.md`), page);
    console.log(page);
  }
  if (results.growth.length > 0) {
    writeFileSync(CHART, growthChart(results.growth));
    if (now.growth.length > 0) await writeReport('growth', 'Growth', growthTable(results.growth));
  }
  writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'ratios', ratiosTable(results)));
}

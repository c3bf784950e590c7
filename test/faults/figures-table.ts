import { table } from '../bench/report.ts';
import type { DatedFigures } from './figures.ts';

const HEAD = ['what', 'tried', 'answers wrong', 'records lost', 'connections left', 'findings', 'day', 'how'];
const NONE = '–';
const ROWS = /^\| what \| tried \|.*\n\|.*\n((?:\|.*\n)*)/m;

/** The newest figures of each name as one table in Markdown, in the order of their names. */
export function figuresTable(figures: readonly DatedFigures[]): string {
  const newest = new Map<string, DatedFigures>();
  for (const one of figures) if (one.at >= (newest.get(one.name)?.at ?? '')) newest.set(one.name, one);
  const cell = (value: number | null): string => (value === null ? NONE : value.toLocaleString('en'));
  const rows = [...newest.values()].sort((a, b) => a.name.localeCompare(b.name));
  return table(
    HEAD,
    rows.map(({ name, tried, wrong, lost, left, findings, at, note }) => [
      name,
      ...[tried, wrong, lost, left, findings].map(cell),
      at.slice(0, 10),
      note,
    ]),
  );
}

/** The figures of the table in a page. */
export function figuresIn(page: string): readonly DatedFigures[] {
  const lines = ROWS.exec(page)?.[1]?.trim().split('\n') ?? [];
  const figure = (cell = NONE): number | null => (cell === NONE ? null : Number(cell.replaceAll(',', '')));
  return lines.map((line) => {
    const [name = '', tried, wrong, lost, left, findings, at = '', note = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return {
      name,
      tried: figure(tried) ?? 0,
      wrong: figure(wrong),
      lost: figure(lost),
      left: figure(left),
      findings: figure(findings),
      at,
      note,
    };
  });
}

/** A page with another table of figures. */
export const withTable = (page: string, figures: string): string => page.replace(ROWS, () => `${figures}\n`);

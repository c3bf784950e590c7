import { readFileSync, writeFileSync } from 'node:fs';
import { writeReport } from '../bench/report.ts';
import { keptFigures } from './figures.ts';
import { figuresIn, figuresTable, withTable } from './figures-table.ts';
import { mutationFigures } from './mutation-figures.ts';

const PAGE = new URL('../../docs/reliability.md', import.meta.url);

/**
 * Writes the table of figures to results/faults.md and docs/reliability.md.
 *
 * @param isEverything - all suites ran here; else what has not run here keeps the figures that the page has, with their day
 */
export async function writeTable(isEverything: boolean): Promise<void> {
  const page = readFileSync(PAGE, 'utf8');
  const before = isEverything ? [] : figuresIn(page);
  const table = figuresTable([...before, ...keptFigures(), ...mutationFigures()]);
  await writeReport('faults', 'Broken on purpose', table);
  writeFileSync(PAGE, withTable(page, table));
}

import { describe, expect, it } from 'vitest';
import type { EngineName } from '../engines/engine-status.ts';
import { engines } from '../engines/engines.ts';
import type { Cell } from './cell.ts';
import { field } from './field.ts';
import { writeFigures } from './figures.ts';
import { FAULTS, placesOf, USE_CASES } from './places.ts';
import { type CellsReport, runCells } from './run-cells.ts';

const SLOTS = 24;

/** Every use case, broken in every way at every place. */
const cellsOf = (engine: EngineName): readonly Cell[] =>
  USE_CASES.flatMap((useCase) =>
    placesOf(useCase, engine).flatMap((place) => FAULTS.map((fault) => ({ useCase, place, fault }))),
  ).filter(({ useCase }) => !process.env['FAULTS_ONLY'] || useCase === process.env['FAULTS_ONLY']);

describe.each(engines)('every step broken in every way on $name', ({ name, url = '' }) => {
  it.skipIf(!url)(
    'answers truly, keeps a true record, leaves no connection, and can be asked again',
    async () => {
      const cells = cellsOf(name);
      const crew = await field(name, url, SLOTS);
      let report: CellsReport | undefined;
      try {
        report = await runCells(cells, crew);
      } finally {
        const { tried = 0, wrong = 1, lost = 0, left = 0 } = report ?? {};
        const crashes = crew.isOwn ? `; the server crashed ${crew.server.crashes.length} times` : '';
        const note = `${cells.length} cells: ${USE_CASES.length} calls, every step, ${FAULTS.join(', ')}${crashes}`;
        writeFigures({ name: `Faults, ${name}`, tried, wrong, lost, left, findings: null, note });
        await crew.clear();
      }
      expect(report.complaints.join('\n')).toBe('');
      expect(report.tried).toBe(cells.length);
    },
    600_000,
  );
});

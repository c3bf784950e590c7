import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readInputs } from '../../simulate/inputs.ts';
import { readMeasured } from '../../simulate/measured.ts';
import { reportOf } from '../../simulate/report-of.ts';

const at = (file: string): string => new URL(`../../../${file}`, import.meta.url).pathname;

it('results and docs show what the simulation prints of the measurements and inputs that are there', async () => {
  const measured = await readMeasured(at('results/simulate-measured.json'));
  const inputs = await readInputs(at('test/simulate/inputs.yaml'));
  const report = reportOf(measured, inputs, [1_000, 10_000], 1);

  expect(readFileSync(at('results/simulate.md'), 'utf8')).toBe(report);
  const tables = report.split('\n').filter((line) => line.startsWith('|'));
  const shown = new Set(readFileSync(at('docs/cost.md'), 'utf8').split('\n'));
  expect(tables.filter((line) => !shown.has(line))).toEqual([]);
});

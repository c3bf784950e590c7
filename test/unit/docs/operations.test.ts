import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { METRICS, type MetricDefinition } from '../../../lib/telemetry/metrics.ts';

const dimensionsInWords = ({ dimensions }: MetricDefinition): string =>
  Object.entries(dimensions)
    .map(([name, values]) => `\`${name}\`: ${values.join(', ')}`)
    .join('; ') || '–';

/** The table of metrics as the documentation must have it. */
const table = [
  '| metric | unit | look at | dimension | meaning |',
  '|---|---|---|---|---|',
  ...Object.entries<MetricDefinition>(METRICS).map(
    ([name, metric]) =>
      `| \`${name}\` | ${metric.unit} | ${metric.statistic} | ${dimensionsInWords(metric)} | ${metric.meaning} |`,
  ),
].join('\n');

it('docs/operations.md has the table of metrics, and has it right', () => {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  expect(text.match(/^\| metric \|(?:.*\n)(?:\|.*\n)*/m)?.[0].trimEnd()).toBe(table);
});

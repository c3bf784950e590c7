import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { figuresIn, figuresTable } from '../../faults/figures-table.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const figures = figuresIn(read('docs/reliability.md'));

describe('the figures of docs/reliability.md', () => {
  it('are those of results/faults.md, and no others', () => {
    expect(figures).toEqual(figuresIn(read('results/faults.md')));
    expect(read('docs/reliability.md')).toContain(`\n${figuresTable(figures)}\n`);
  });

  it.each(['Faults', 'Server full', 'Load', 'Fuzz', 'Schemathesis', 'Mutants', 'Secrets', 'Supply chain'])(
    'have a row of what is asked of %s',
    (name) => {
      expect(figures.filter((one) => one.name.startsWith(name) && one.tried > 0)).not.toEqual([]);
    },
  );

  it('show nothing that was found and is neither fixed nor reported', () => {
    const found = figures.filter(({ wrong, lost, left, findings }) => wrong || lost || left || findings);
    const told = read('docs/reliability.md').split('## What it does not hold')[1] ?? '';
    // Mutants that live are no faults of ours; results/mutation.md says how many are aimed at.
    const names = found.map(({ name }) => name).filter((name) => !name.startsWith('Mutants'));
    expect(names.filter((name) => !told.includes(`- ${name}: `))).toEqual([]);
  });
});

describe('a table of figures', () => {
  const [first] = figures;
  if (first === undefined) throw new Error('there are none');

  it('has the newest of each name, in their order', () => {
    const older = { ...first, name: 'B', tried: 1, at: '2026-11-23T10:00:00Z' };
    const newer = { ...older, tried: 2, at: '2026-11-24' };
    const text = `${figuresTable([newer, { ...older, name: 'A' }, older])}\n`;
    expect(figuresIn(text).map(({ name, tried }) => [name, tried])).toEqual([
      ['A', 1],
      ['B', 2],
    ]);
  });
});

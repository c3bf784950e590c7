import { existsSync, readFileSync } from 'node:fs';
import type { DatedFigures } from './figures.ts';

const PAGE = new URL('../../results/mutation.md', import.meta.url);

/** The figures of results/mutation.md, which `npm run mutation` writes: it takes too long to run here. */
export function mutationFigures(): readonly DatedFigures[] {
  if (!existsSync(PAGE)) return [];
  return readFileSync(PAGE, 'utf8')
    .split('\n')
    .flatMap((line): readonly DatedFigures[] => {
      const [area = '', score = '', noticed, missed, excused, at = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      if (!/^\d{4}-/.test(at)) return [];
      const note = `mutants against the unit tests: ${score} noticed, ${excused} excused, each in its place`;
      const none = { wrong: null, lost: null, left: null };
      const tried = Number(noticed) + Number(missed);
      return [{ name: `Mutants: ${area}`, tried, ...none, findings: Number(missed), note, at }];
    });
}

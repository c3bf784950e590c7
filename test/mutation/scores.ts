import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { table, writeReport } from '../bench/report.ts';
import { LEAST } from './areas.ts';

/** How the mutants of an area fared. */
interface Score {
  readonly area: string;
  readonly killed: number;
  readonly survived: number;
  readonly excused: number;
  readonly day: string;
}

const FOLDER = new URL('../../.data/mutation/scores/', import.meta.url);
const COUNTED = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored'];

/** Keeps an area's score until all are written; a later run takes its place. */
export function keepScore(area: string, mutants: readonly { readonly status: string }[]): void {
  const [killed = 0, late = 0, survived = 0, uncovered = 0, excused = 0] = COUNTED.map(
    (status) => mutants.filter((mutant) => mutant.status === status).length,
  );
  const day = new Date().toISOString().slice(0, 10);
  const score: Score = { area, killed: killed + late, survived: survived + uncovered, excused, day };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(new URL(`${area}.json`, FOLDER), JSON.stringify(score));
}

/** Writes results/mutation.md of the scores that are kept. */
export async function writeScores(): Promise<void> {
  const scores = readdirSync(FOLDER).map((file): Score => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
  const rows = scores.map(({ area, killed, survived, excused, day }) => [
    area,
    `${((100 * killed) / (killed + survived)).toFixed(1)} %`,
    String(killed),
    String(survived),
    String(excused),
    day,
  ]);
  await writeReport(
    'mutation',
    'Mutants against the unit tests',
    `Noticed of all; ${LEAST} % is the aim. Excused ones are explained where they stand.\n\n${table(['area', 'score', 'noticed', 'not noticed', 'excused', 'day'], rows)}`,
  );
}

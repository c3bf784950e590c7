import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What a suite that breaks things has to show: one row of results/faults.md. `null` where a column has no meaning for it. */
export interface Figures {
  /** The row's name; a later run of the same name takes its place. */
  readonly name: string;
  /** Faults injected, inputs tried, requests sent. */
  readonly tried: number;
  /** Answers that were untyped, late or untrue. */
  readonly wrong: number | null;
  /** Kills that no record accounts for, or that a record says otherwise of. */
  readonly lost: number | null;
  /** Connections of ours that the server still listed afterwards. */
  readonly left: number | null;
  /** Whatever else the suite looks for and should not find. */
  readonly findings: number | null;
  /** One short sentence: what was tried on what. */
  readonly note: string;
}

const FOLDER = new URL('../../.cache/figures/', import.meta.url);

const fileOf = (name: string): URL => new URL(`${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.json`, FOLDER);

/** Prints a suite's figures, and where `npm run faults` runs it keeps them. Call it once, at the end, also where the suite fails. */
export function writeFigures(figures: Figures): void {
  // Else every `npm test` would put its short runs in the place of long ones.
  if (process.env['FAULTS_KEEP']) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(fileOf(figures.name), JSON.stringify({ ...figures, at: new Date().toISOString() }));
  }
  const { name, tried, wrong, lost, left, findings } = figures;
  console.log(
    `figures: ${name}: tried ${tried}, ${columnsText({ 'answers wrong': wrong, 'records lost': lost, 'connections left': left, findings })}`,
  );
}

const columnsText = (columns: Readonly<Record<string, number | null>>): string =>
  Object.entries(columns)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
    .join(', ');

/** Figures with the day, or the moment, that they are of. */
export type DatedFigures = Figures & { readonly at: string };

/** What the suites have shown that ran here, some of it perhaps long ago. */
export function keptFigures(): readonly DatedFigures[] {
  mkdirSync(FOLDER, { recursive: true });
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
}

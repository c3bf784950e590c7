/**
 * `npm run mutation -- [AREA] [FILE …]`: mutates the areas, one after another, or these files of one, and writes
 * results/mutation.md. Takes minutes for each. A mutant that an earlier run saw noticed is not tried again while its code and the
 * test that noticed it stay the same (`rm -r .data/mutation` to try all); one that lived is.
 */
import { Stryker } from '@stryker-mutator/core';
import { writeTable } from '../faults/write-table.ts';
import { AREAS, type Area } from './areas.ts';
import { forgetSurvivors } from './forget-survivors.ts';
import { keepScore, writeScores } from './scores.ts';

const isArea = (name: string): name is Area => Object.hasOwn(AREAS, name);
const asked = process.argv.slice(2);
const files = asked.filter((name) => !isArea(name));
const wanted = asked.some(isArea) ? asked.filter(isArea) : Object.keys(AREAS).filter(isArea);
for (const area of wanted) {
  const incrementalFile = `.data/mutation/incremental-${area}.json`;
  forgetSurvivors(incrementalFile, files);
  const results = await new Stryker({
    mutate: files.length === 0 ? [...AREAS[area]] : files,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutation.config.ts' },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile,
    cleanTempDir: 'always',
    tempDirName: '.stryker-tmp',
    ignorePatterns: ['.cache', '.data', 'cdk.out', 'dist'],
    concurrency: 2,
    reporters: ['clear-text', 'json', 'progress-append-only'],
    jsonReporter: { fileName: `.data/mutation/${area}.json` },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    allowConsoleColors: false,
    timeoutMS: 10_000,
    // TypeScript 7 has no JavaScript API, and Stryker would use it to rewrite the file that it finds.
    tsconfigFile: 'none.json',
    disableTypeChecks: false,
  } as never).runMutationTest();
  keepScore(area, results);
}
await writeScores();
// It shows them too.
await writeTable(false);

/** `npm run mutation -- [AREA …]`: mutates the areas, one after another, and writes results/mutation.md. Takes minutes for each. */
import { Stryker } from '@stryker-mutator/core';
import { AREAS, type Area } from './areas.ts';
import { keepScore, writeScores } from './scores.ts';

const isArea = (name: string): name is Area => Object.hasOwn(AREAS, name);
const asked = process.argv.slice(2);
const wanted = asked.length === 0 ? Object.keys(AREAS).filter(isArea) : asked.filter(isArea);
for (const area of wanted) {
  const results = await new Stryker({
    mutate: [...AREAS[area]],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutation.config.ts' },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `.data/mutation/incremental-${area}.json`,
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

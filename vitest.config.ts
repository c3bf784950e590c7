import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { LANES } from './test/engines/lanes.ts';
import { MixingSequencer } from './test/sequencer.ts';

const UNIT = [
  'test/unit/**/*.test.ts',
  'test/contract/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/secrets/unit/**/*.test.ts',
  'test/simulation/**/*.test.ts',
];
const PROCESSES = [
  'test/schemathesis/**/*.test.ts',
  'test/local/**/*.test.ts',
  'test/differential/**/*.test.ts',
  'test/aws/**/*.test.ts',
  'test/docs/**/*.test.ts',
  'test/infra/**/*.test.ts',
];

/** Watches all that begins to listen on this machine, and knocks there. */
const ALONE = ['test/local/second-user.test.ts'];

/** On two cores: the files that have a lane, of which most wait, and one that computes. */
const maxWorkers = Math.max(LANES + 1, availableParallelism());
/** What ends a test that hangs, and nothing else: a busy machine is no failure. */
const PATIENCE = { testTimeout: 400_000, hookTimeout: 400_000 };
/** Real servers on a shared machine of two cores: tried once more there, and named in the report (test/reporter.ts). */
const WITH_SERVERS = { ...PATIENCE, retry: process.env['CI'] ? 1 : 0 };

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    silent: 'passed-only',
    sequence: { sequencer: MixingSequencer },
    projects: [
      {
        test: { name: 'alone', include: ALONE, ...WITH_SERVERS, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
      {
        // Powertools writes to the console that vitest holds back, instead of to the process's own output.
        test: {
          name: 'unit',
          include: UNIT,
          env: { POWERTOOLS_DEV: 'true' },
          ...PATIENCE,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Starts programs of its own.
        test: {
          name: 'processes',
          include: PROCESSES,
          exclude: [...configDefaults.exclude, ...ALONE],
          ...WITH_SERVERS,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Each file has a lane of servers to itself.
        test: {
          name: 'engines',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...UNIT, ...PROCESSES],
          globalSetup: './test/global-setup.ts',
          ...WITH_SERVERS,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

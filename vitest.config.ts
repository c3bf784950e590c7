import { configDefaults, defineConfig } from 'vitest/config';

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
  'test/infra/**/*.test.ts',
];

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    silent: 'passed-only',
    projects: [
      {
        // Powertools writes to the console that vitest holds back, instead of to the process's own output.
        test: { name: 'unit', include: UNIT, env: { POWERTOOLS_DEV: 'true' }, sequence: { groupOrder: 0 } },
      },
      {
        // Starts programs of its own; one file at a time, because they share the machine's cores.
        test: {
          name: 'processes',
          include: PROCESSES,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One file at a time: they share three servers, and some fill them up.
        test: {
          name: 'engines',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...UNIT, ...PROCESSES],
          globalSetup: './test/global-setup.ts',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

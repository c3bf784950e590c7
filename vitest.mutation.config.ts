import { defineConfig } from 'vitest/config';

/** The unit tests as Stryker runs them: each mutant against those that reach it. */
export default defineConfig({
  test: {
    include: [
      'test/unit/lib/**/*.test.ts',
      'test/unit/functions/**/*.test.ts',
      'test/contract/chat-stores.test.ts',
      'test/contract/dialect.contract.test.ts',
    ],
    env: { POWERTOOLS_DEV: 'true' },
    testTimeout: 60_000,
    setupFiles: ['./test/mutation/fewer-runs.ts'],
  },
});

import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Leaves out of bundles what parses warden.yaml: it was read and validated when it was deployed. */
export const deployedConfig: Plugin = {
  name: 'deployed-config',
  setup(build) {
    build.onResolve({ filter: /\/config\/config\.ts$/ }, ({ importer }) =>
      importer === join(import.meta.dirname, '../../functions/wiring/load-config.ts')
        ? { path: join(import.meta.dirname, 'parse-config.ts') }
        : undefined,
    );
  },
};

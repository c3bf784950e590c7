import type { Plugin } from 'esbuild';

const NAMESPACE = 'global-process';

/**
 * Takes the global for `node:process`, which is the same object: who imports it by name makes Node read each of its
 * properties, and with them open the standard streams and list all options.
 */
export const globalProcess: Plugin = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?process$/ }, () => ({ path: 'process', namespace: NAMESPACE }));
    build.onLoad({ filter: /./, namespace: NAMESPACE }, () => ({ contents: 'module.exports = globalThis.process;' }));
  },
};

import type { Metafile } from 'esbuild';
import { bundleFunction } from './bundling.ts';
import { FUNCTIONS } from './function-table.ts';

/** Makes the bundle of every function, `<folder>/<name>/`, and tells what is in each. */
export function buildBundles(folder: string): Promise<readonly Metafile[]> {
  return Promise.all(Object.keys(FUNCTIONS).map((name) => bundleFunction(folder, name)));
}

if (import.meta.main) {
  const [, , folder] = process.argv;
  if (folder === undefined) throw new Error('write the folder that the bundles go to');
  await buildBundles(folder);
}

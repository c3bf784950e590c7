import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { consoleFiles, deployedConfig, globalProcess, readOnce, slimDriver } from './bundling/plugins.ts';
import { receivers } from './chat.ts';
import { FUNCTIONS } from './function-table.ts';

export { BUNDLE_FILE } from './function-code.ts';

/**
 * How esbuild makes the bundle of a function. Modules in pieces: what is imported when it is needed stays in a file of
 * its own, since even code that never runs must be read by the engine, 3 ms for 100 KB. Names are not kept and there is
 * no source map, for the same reason. What was measured is in docs/cold-start.md.
 */
export const BUNDLING = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  splitting: true,
  entryNames: 'index',
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  plugins: [receivers, slimDriver, globalProcess, readOnce, deployedConfig, consoleFiles],
  // What was CommonJS asks for `require`, which a module does not have. A short name would collide with a minified one.
  banner: {
    js: "import{createRequire as createRequireForBundle}from'node:module';const require=createRequireForBundle(import.meta.url);",
  },
} as const satisfies BuildOptions;

/**
 * Bundles `functions/<name>.ts` into `<folder>/<name>/`: {@link BUNDLE_FILE} and its pieces.
 *
 * @returns esbuild's account of what is in it
 */
export async function bundleFunction(folder: string, name: string): Promise<Metafile> {
  const entry = join(import.meta.dirname, '../functions', `${name}.ts`);
  const { metafile } = await build({ ...BUNDLING, entryPoints: [entry], outdir: join(folder, name) });
  return metafile;
}

/** Makes the bundle of every function, `<folder>/<name>/`, and tells what is in each. */
export function buildBundles(folder: string): Promise<readonly Metafile[]> {
  return Promise.all(Object.keys(FUNCTIONS).map((name) => bundleFunction(folder, name)));
}

if (import.meta.main) {
  const [, , folder] = process.argv;
  if (folder === undefined) throw new Error('write the folder that the bundles go to');
  await buildBundles(folder);
}

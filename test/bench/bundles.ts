import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { COMMAND } from '../../infra/build-package.ts';
import { slimDriver } from '../../infra/bundling/plugins.ts';
import { BUNDLE_FILE, BUNDLING } from '../../infra/bundling.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Runs work in a folder of its own, which is gone afterwards. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'warden-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundle(folder: string, files: readonly string[], how: BuildOptions): Promise<string> {
  const contents = files.map((file) => `import ${JSON.stringify(`./${file}`)};`).join('\n');
  const stdin = { contents, resolveDir: ROOT, loader: 'ts' as const, sourcefile: 'entry.ts' };
  // The package says that its modules do nothing by themselves; what is imported for what it does would be left out.
  const kept: Plugin = {
    name: 'kept',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\.\// }, ({ path, resolveDir }) =>
        resolveDir === ROOT && files.includes(path.slice(2))
          ? { path: join(ROOT, path), sideEffects: true }
          : undefined,
      ),
  };
  const plugins = [kept, ...(how.plugins ?? [])];
  await build({ ...BUNDLING, ...how, plugins, stdin, outdir: folder, absWorkingDir: ROOT });
  return join(folder, BUNDLE_FILE);
}

/** The command as the package brings it: Node would translate TypeScript at each start. @param first - is loaded before it @returns the bundle's first file */
export const bundleCommand = (folder: string, first: readonly string[] = []): Promise<string> =>
  bundle(join(folder, 'command'), [...first, 'local/cli/warden.ts'], COMMAND);

/** `look-worker.ts`, in pieces and minified as functions are. @returns the bundle's first file */
export const bundleWorker = (folder: string): Promise<string> =>
  bundle(join(folder, 'worker'), ['test/bench/look-worker.ts'], { plugins: [slimDriver] });

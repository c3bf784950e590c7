import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const page = join(import.meta.dirname, 'page');

/** The console's files by name, as they are served. */
export type ConsoleFiles = ReadonlyMap<string, string>;

/**
 * Bundles the console into its files. A bundle of a function or of the command holds them instead of this
 * (infra/bundling/plugins.ts). Takes a tenth of a second, so a working copy keeps none of them.
 */
export async function buildConsole(): Promise<{ readonly files: ConsoleFiles; readonly metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    entryPoints: { app: join(page, 'app.tsx'), style: join(page, 'style.css') },
    outdir: page,
    bundle: true,
    // What signs in at an issuer is a file of its own, which only a deployment's page loads.
    splitting: true,
    chunkNames: '[name]',
    write: false,
    metafile: true,
    format: 'esm',
    target: ['chrome120', 'firefox121', 'safari17.2'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const built = outputFiles.map(
    ({ path, text }) => [path.slice(page.length + 1).replace('style.', 'app.'), text] as const,
  );
  return { files: new Map([['index.html', readFileSync(join(page, 'index.html'), 'utf8')], ...built]), metafile };
}

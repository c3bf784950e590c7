import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { CHAT_ROUTES, CHAT_WORKERS, ROUTES, SCHEDULED } from '../../functions/routes.ts';
import { receivers } from '../../infra/chat.ts';

const names = [...ROUTES, ...CHAT_ROUTES].map(({ name }) => name);
const functions: readonly string[] = [...names, ...SCHEDULED, ...CHAT_WORKERS];

/** The sources that each function loads before it is called: what it imports, and not what it imports when it needs it. */
async function loadedAtOnce(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { metafile } = await build({
    entryPoints: functions.map((name) => join(import.meta.dirname, `../../functions/${name}.ts`)),
    bundle: true,
    plugins: [receivers],
    splitting: true,
    write: false,
    metafile: true,
    outdir: 'unwritten',
    platform: 'node',
    format: 'esm',
    external: ['@aws-sdk/*', 'mysql2'],
    logLevel: 'silent',
  });
  const closure = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const { path, kind, external } of metafile.outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) closure(path, seen);
    return seen;
  };
  const entries = Object.entries(metafile.outputs).filter(([, { entryPoint }]) =>
    /^functions\/[\w-]+\.ts$/.test(entryPoint ?? ''),
  );
  return new Map(
    entries.map(([file]) => [
      basename(file, '.js'),
      [...closure(file)].flatMap((one) => Object.keys(metafile.outputs[one]?.inputs ?? {})),
    ]),
  );
}

it('no function loads a logger or metrics before it needs them', async () => {
  const loaded = await loadedAtOnce();
  expect([...loaded.keys()].toSorted()).toEqual(functions.toSorted());
  for (const [name, sources] of loaded) {
    expect(sources).toContain(`functions/${name}.ts`);
    expect(sources.filter((path) => /powertools\/(logger|metrics|commons)/.test(path))).toEqual([]);
  }
});

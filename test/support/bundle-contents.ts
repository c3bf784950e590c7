import type { Metafile } from 'esbuild';

/** What a bundle reads before its handler is there: what is imported, and not what is imported when it is needed. */
export interface AtOnce {
  /** The bundle's first file, as esbuild names it. */
  readonly file: string;
  readonly bytes: number;
  /** Bytes of each source, and how it stands in the output. */
  readonly inputs: ReadonlyMap<string, number>;
}

/** Follows the imports of a bundle's one entry. @throws Error where the bundle has no entry */
export function loadedAtOnce({ outputs }: Metafile): AtOnce {
  const file = Object.keys(outputs).find((path) => /\/index\.[cm]js$/.test(path));
  if (file === undefined) throw new Error('the bundle has no entry');
  const seen = new Set<string>();
  const inputs = new Map<string, number>();
  let bytes = 0;
  const follow = (path: string): void => {
    const output = outputs[path];
    if (output === undefined || seen.has(path)) return;
    seen.add(path);
    bytes += output.bytes;
    for (const [source, { bytesInOutput }] of Object.entries(output.inputs)) inputs.set(source, bytesInOutput);
    for (const { path: next, kind } of output.imports) if (kind === 'import-statement') follow(next);
  };
  follow(file);
  return { file, bytes, inputs };
}

/** Bytes by package, the largest first; what is no package is `own`. */
export function packagesOf(inputs: ReadonlyMap<string, number>): readonly (readonly [name: string, bytes: number])[] {
  const sizes = new Map<string, number>();
  for (const [source, bytes] of inputs) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? 'own';
    sizes.set(name, (sizes.get(name) ?? 0) + bytes);
  }
  return [...sizes].toSorted(([, a], [, b]) => b - a);
}

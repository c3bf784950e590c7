import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const FILES = ['console', 'functions', 'lib', 'infra', 'local'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name)),
);
const IMPORT = /(?:from|import\()\s*'(\.[^']+\.tsx?)'/g;
const IMPORTS: ReadonlyMap<string, readonly string[]> = new Map(
  FILES.map((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return [file, [...source.matchAll(IMPORT)].map(([, path = '']) => normalize(join(dirname(file), path)))];
  }),
);

/** The files of a circle, or `undefined` where no import leads back. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of imports.get(file) ?? []) {
      const circle = walk(next, [...path, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = walk(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

it('no import is circular, not even by types', () => {
  expect(circleIn(IMPORTS)).toBeUndefined();
  expect(
    circleIn(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
  ).toEqual(['b', 'c', 'b']);
});

// functions/ has one for each function, which its table counts.
it('no folder but functions holds more than 20 files, and the root of lib at most 4', () => {
  const folders = Map.groupBy(
    FILES.filter((file) => dirname(file) !== 'functions'),
    dirname,
  );
  expect([...folders].filter(([, files]) => files.length > 20).map(([folder]) => folder)).toEqual([]);
  expect(folders.get('lib')?.length).toBeLessThanOrEqual(4);
});

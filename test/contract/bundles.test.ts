import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleFunction } from '../../infra/bundling.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { loadedAtOnce, packagesOf } from '../support/bundle-contents.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-bundles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const metafiles = new Map<string, Metafile>();
beforeAll(async () => {
  const all = Object.keys(FUNCTIONS).map(async (name) => metafiles.set(name, await bundleFunction(folder, name)));
  await Promise.all(all);
}, 120_000);

const metafileOf = (name: string): Metafile => metafiles.get(name) ?? { inputs: {}, outputs: {} };
const packagesIn = (name: string): readonly string[] =>
  packagesOf(new Map(Object.keys(metafileOf(name).inputs).map((source) => [source, 0]))).map(([of]) => of);
const atOnce = (name: string): readonly string[] => packagesOf(loadedAtOnce(metafileOf(name)).inputs).map(([of]) => of);

const DRIVER = ['generate-function', 'is-property', 'long', 'lru.min', 'mysql2', 'named-placeholders', 'sql-escaper'];

it.each(Object.keys(FUNCTIONS))('%s holds no CDK, no YAML and no SDK of a chat platform', (name) => {
  const packages = packagesIn(name);
  expect(packages.length).toBeGreaterThan(0);
  expect(packages.filter((of) => /^(aws-cdk|constructs|yaml$|@slack|slack-edge|@larksuite|dingtalk)/.test(of))).toEqual(
    [],
  );
});

it.each(['kill-connection', 'kill-query', 'kill-sessions', 'list-sessions'])(
  '%s loads the driver and little else at once: no YAML, no regular expressions, no official client',
  (name) => {
    expect([...atOnce(name)].toSorted()).toEqual(['@middy/core', 'aws4', ...DRIVER, 'own', 'ulid', 'zod'].toSorted());
  },
);

it.each(Object.entries(FUNCTIONS).filter(([, { inside }]) => !inside))(
  '%s, outside the VPC, holds no driver',
  (name) => {
    expect(packagesIn(name).filter((of) => DRIVER.includes(of))).toEqual([]);
  },
);

it.each(Object.keys(FUNCTIONS))('%s imports no built-in module that brings fetch along', (name) => {
  const outputs = Object.values(metafileOf(name).outputs);
  const first = outputs.filter(({ entryPoint }) => entryPoint === `functions/${name}.ts`);
  expect(first).toHaveLength(1);
  expect(atOnceBuiltIns(name)).not.toContain('node:http');
});

function atOnceBuiltIns(name: string): readonly string[] {
  const { outputs } = metafileOf(name);
  const seen = new Set<string>();
  const follow = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') follow(next);
  };
  follow(loadedAtOnce(metafileOf(name)).file);
  return [...seen];
}

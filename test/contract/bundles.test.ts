import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cycloneDx, licenceTexts, shippedIn } from '../../infra/bill-of-materials.ts';
import { bundlePackage } from '../../infra/build-package.ts';
import { FUNCTIONS } from '../../infra/function-table.ts';
import { loadedAtOnce, packagesOf } from '../support/bundle-contents.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-bundles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of all that the package ships, and of each function, which come first and in the order of the table. */
let whole: readonly Metafile[];
const metafiles = new Map<string, Metafile>();
beforeAll(async () => {
  whole = await bundlePackage(folder);
  for (const [at, name] of Object.keys(FUNCTIONS).entries()) {
    const metafile = whole[at];
    if (metafile !== undefined) metafiles.set(name, metafile);
  }
});

const metafileOf = (name: string): Metafile => metafiles.get(name) ?? { inputs: {}, outputs: {} };
const packagesIn = (name: string): readonly string[] =>
  packagesOf(new Map(Object.keys(metafileOf(name).inputs).map((source) => [source, 0]))).map(([of]) => of);
const atOnce = (name: string): readonly string[] => packagesOf(loadedAtOnce(metafileOf(name)).inputs).map(([of]) => of);

// The clients, and what that of DynamoDB caches endpoints with.
const AWS = /^(?:@(?:aws|aws-crypto|aws-sdk|smithy)\/|(?:mnemonist|obliterator)$)/;
const DRIVER = ['generate-function', 'is-property', 'long', 'lru.min', 'mysql2', 'named-placeholders', 'sql-escaper'];

it.each(Object.keys(FUNCTIONS))('%s holds no CDK, no YAML and no SDK of a chat platform', (name) => {
  const packages = packagesIn(name);
  expect(packages.length).toBeGreaterThan(0);
  expect(packages.filter((of) => /^(aws-cdk|constructs|yaml$|@slack|slack-edge|@larksuite|dingtalk)/.test(of))).toEqual(
    [],
  );
});

it.each(['kill-connection', 'kill-query', 'kill-sessions', 'list-sessions'])(
  '%s loads the driver, the clients of AWS and little else at once: no YAML, no regular expressions',
  (name) => {
    const others = atOnce(name).filter((of) => !AWS.test(of));
    expect(others.toSorted()).toEqual(
      ['@middy/core', '@opentelemetry/api', ...DRIVER, 'own', 'ulid', 'zod'].toSorted(),
    );
  },
);

it.each(Object.entries(FUNCTIONS).filter(([, { inside }]) => !inside))(
  '%s, outside the VPC, holds no driver',
  (name) => {
    expect(packagesIn(name).filter((of) => DRIVER.includes(of))).toEqual([]);
  },
);

describe('the bill of materials', () => {
  const bill = () => shippedIn(whole);

  it('names each package of which a bundle holds a byte, in the version that the lock file has', () => {
    const outputs = whole.flatMap(({ outputs }) => Object.values(outputs));
    const bytes = outputs.flatMap(({ inputs }) =>
      Object.entries(inputs).map(([source, { bytesInOutput }]) => [source, bytesInOutput] as const),
    );
    const held = packagesOf(new Map(bytes.filter(([, size]) => size > 0)));
    const names = held.flatMap(([name]) => (name === 'own' ? [] : [name]));
    expect([...new Set(bill().map(({ name }) => name))].toSorted()).toEqual(names.toSorted());
    expect(names.length).toBeGreaterThan(50);
    // Of the functions, the command, the console and the construct.
    expect(names).toEqual(expect.arrayContaining(['mysql2', '@smithy/core', 'commander', 'preact', 're2js', 'yaml']));
    expect(names.filter((name) => /^(aws-cdk|constructs$|esbuild$)/.test(name))).toEqual([]);
    // What a stand-in takes the place of is not held.
    expect(names).not.toContain('iconv-lite');
    const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')).packages;
    for (const { name, version, integrity } of bill())
      expect(
        Object.entries<{ version: string; integrity: string }>(lock).filter(
          ([path, one]) =>
            path.endsWith(`node_modules/${name}`) && one.version === version && one.integrity === integrity,
        ),
        name,
      ).not.toEqual([]);
  });

  it('is CycloneDX, the same each time, with checksum and licence of each', () => {
    const text = cycloneDx(bill());
    expect(cycloneDx(bill())).toBe(text);
    const { bomFormat, specVersion, components, dependencies } = JSON.parse(text);
    expect([bomFormat, specVersion, components.length]).toEqual(['CycloneDX', '1.6', bill().length]);
    for (const { purl, licenses, hashes } of components) {
      expect(purl).toMatch(/^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/);
      expect(licenses[0].expression).toMatch(/^[\w.-]+$/);
      expect(hashes[0]).toEqual({ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) });
      expect(dependencies[0].dependsOn).toContain(purl);
    }
  });

  it('comes with the licence text of each, and the name of the copyright holder', () => {
    const text = licenceTexts(bill());
    for (const { name, version, license } of bill()) expect(text).toContain(`${name} ${version} (${license})`);
    for (const { name, texts } of bill()) expect(texts.join('').length, name).toBeGreaterThan(500);
    for (const { name, license, texts } of bill())
      if (license !== 'Apache-2.0' && license !== 'Unlicense') expect(texts.join(''), name).toMatch(/copyright/i);
    expect(text).toContain('Copyright (c) 2016 Andrey Sidorov');
    // Of one that brings no text.
    expect(text).toContain('Copyright (c) Middy contributors\n\nPermission is hereby granted');
  });
});

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

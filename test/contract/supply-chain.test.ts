import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { fits, tellNode } from '../../local/tell-node.ts';
import { lockedPackages } from '../support/locked-packages.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({
    dependencies: z.never('a package that is installed brings all that it runs').optional(),
    devDependencies: versions,
    engines: z.object({ node: z.string() }),
    workspaces: z.array(z.string()),
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(JSON.parse(read('package.json')));
const runtime = z
  .object({ bin: z.object({ node: z.string() }), optionalDependencies: versions })
  .parse(JSON.parse(read('runtime/package.json')));
const client = z.object({ devDependencies: versions }).parse(JSON.parse(read('client/package.json')));
const all = { ...client.devDependencies, ...manifest.devDependencies, ...runtime.optionalDependencies };

describe('the supply chain', () => {
  it.each(Object.entries(all))('%s has an exact version, and a line that says why', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read('docs/decisions.md')).toMatch(new RegExp(`^\\| ${name} \\| (?:\\d+|–) \\| .{5,} \\|$`, 'm'));
  });

  it('has a checksum for every package, and does not say where it came from', () => {
    // `npm install` leaves out checksums of what it finds in node_modules: make the lock file anew without that folder.
    expect(lockedPackages().withoutChecksum).toEqual([]);
    const resolved = read('package-lock.json').match(/"resolved": .*/g);
    expect(resolved).toEqual(manifest.workspaces.map((folder) => `"resolved": "${folder}",`));
  });

  it('promises no Node that a package of the lock file refuses', () => {
    const promised = manifest.engines.node.match(/\d+\.\d+\.\d+/g) ?? [];
    expect(promised).not.toEqual([]);
    const asked = z
      .object({ packages: z.record(z.string(), z.looseObject({ engines: z.optional(versions) })) })
      .parse(JSON.parse(read('package-lock.json'))).packages;
    const refused = Object.entries(asked).flatMap(([name, { engines }]) =>
      promised
        .filter((version) => !fits(version, engines?.['node'] ?? '*'))
        .map((version) => ({ name, version, engines })),
    );
    expect(refused).toEqual([]);
  });

  it.each([
    ['20.20.2', true],
    ['22.17.9', true],
    ['22.18.0', false],
    ['23.9.0', true],
    ['24.11.0', false],
    ['25.2.0', true],
    ['26.12.1', false],
    ['30.0.0', false],
  ])('on Node %s an installation says in one sentence what is needed: %s', (version, tells) => {
    const text = tellNode(`npm/11.19.1 node/v${version} linux x64`);
    expect(text !== undefined).toBe(tells);
    if (tells)
      expect(text).toMatch(new RegExp(`^[^\\n]*has ${version.replaceAll('.', '\\.')}: [^\\n]*pinned[^\\n]*\\.$`));
  });

  it('has one version of each family of packages whose core they share', () => {
    for (const family of [/^@aws-lambda-powertools\//, /^@aws-sdk\/(?:client|rds)-/, /^@stryker-mutator\//])
      expect(new Set(Object.entries(all).flatMap(([name, version]) => (family.test(name) ? [version] : []))).size).toBe(
        1,
      );
  });

  it('lets no package run anything when it is installed', () => {
    const { withScript } = lockedPackages();
    const names = withScript.map((path) => path.replace(/^.*node_modules\//, ''));
    expect(names.filter((name) => manifest.allowScripts[name] !== false)).toEqual([]);
    expect(Object.values(manifest.allowScripts)).not.toContain(true);
    // One that nobody has looked at fails the installation, where npm knows of that; where it does not, none runs.
    expect(read('.npmrc')).toContain('strict-allow-scripts=true\n');
    for (const file of ['.ci/run', '.github/workflows/test.yml', '.github/workflows/release.yml'])
      expect(read(file).match(/npm ci.*/g)).toEqual(['npm ci --ignore-scripts']);
  });

  it('pins the runtime of every script for each platform: in the lock file, with its checksum and where it runs', () => {
    const lock = z
      .object({ packages: z.record(z.string(), z.looseObject({})) })
      .parse(JSON.parse(read('package-lock.json'))).packages;
    expect(Object.keys(runtime.optionalDependencies)).toHaveLength(4);
    for (const [name, version] of Object.entries(runtime.optionalDependencies)) {
      const [, os, cpu] = /^node-(?:bin-)?(\w+)-(\w+)$/.exec(name) ?? [];
      // Below the folder that asks for it: older versions of npm drop a command that packages for other platforms share.
      expect(lock[`runtime/node_modules/${name}`]).toMatchObject({ version, os, cpu, optional: true });
      expect(lock[`node_modules/${name}`]).toBeUndefined();
      expect(version).toMatch(/^24\./);
    }
    expect(lock['node_modules/node']).toBeUndefined();
  });

  it('keeps the TypeScript that makes the types of the API to itself', () => {
    const lock = z
      .object({ packages: z.record(z.string(), z.looseObject({ version: z.optional(z.string()) })) })
      .parse(JSON.parse(read('package-lock.json'))).packages;
    for (const [name, version] of Object.entries(client.devDependencies))
      expect(lock[`client/node_modules/${name}`]?.version).toBe(version);
    expect(lock['node_modules/typescript']?.version).toBe(manifest.devDependencies['typescript']);
  });

  it('runs the runtime that is pinned, as Lambda has it', () => {
    const folder = fileURLToPath(new URL('runtime/node_modules/', root));
    const [installed = '', ...others] = Object.keys(runtime.optionalDependencies).filter((name) =>
      existsSync(join(folder, name)),
    );
    expect(others).toEqual([]);
    const command = fileURLToPath(new URL('node_modules/.bin/node', root));
    const script = 'process.stdout.write(JSON.stringify([process.version, process.execPath]))';
    const [version, program] = JSON.parse(execFileSync(command, ['-e', script], { encoding: 'utf8' }));
    expect(version).toBe(`v${runtime.optionalDependencies[installed]}`);
    expect(program).toBe(realpathSync(join(folder, installed, 'bin/node')));
  });

  it.each(readdirSync(new URL('.github/workflows/', root)))(
    '%s pins what it runs, and may do no more than it must',
    (file) => {
      const text = read(`.github/workflows/${file}`);
      const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, what]) => what ?? '');
      for (const what of uses) expect(what).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      const workflow = z
        .object({
          permissions: z.object({}).strict(),
          jobs: z.record(
            z.string(),
            z.looseObject({ permissions: z.record(z.string(), z.string()), 'timeout-minutes': z.number() }),
          ),
        })
        .parse(parse(text));
      for (const { permissions } of Object.values(workflow.jobs))
        expect(Object.values(permissions)).not.toContain('write-all');
      expect(text.match(/actions\/checkout@/g)?.length ?? 0).toBe(
        text.match(/persist-credentials: false/g)?.length ?? 0,
      );
      expect(text).not.toContain('pull_request_target');
    },
  );
});

it('the changelog begins with the version that the package has', () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')));
  const [, newest] = /^## (\S+) \(\d{4}-\d{2}-\d{2}\)$/m.exec(read('CHANGELOG.md')) ?? [];
  expect(newest).toBe(version);
});

describe('SECURITY.md', () => {
  const rows = read('SECURITY.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'));

  it.each(rows)('shows with tests that are there: %s', (row) => {
    const [threat = '', control = '', shown = ''] = row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1);
    expect([threat, control]).not.toContain('');
    const tests = [...shown.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path]) => path ?? '');
    expect(tests.length).toBeGreaterThan(0);
    for (const path of tests) expect([path, existsSync(new URL(path, root))]).toEqual([path, true]);
  });
});

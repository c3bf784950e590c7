import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../local/kernel/free-port.ts';
import { until } from '../local/npm-start.ts';
import { installOnce } from '../support/install-once.ts';
import { runOffline } from './run-offline.ts';

const root = join(import.meta.dirname, '../..');
const modules = (name: string) => join(root, 'node_modules', name);
const folder = mkdtempSync(join(tmpdir(), 'warden-package-'));
const app = join(folder, 'example');
const npm = (cwd: string, ...args: readonly string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' });

/** The peers, from here instead of a registry. */
const PEERS = Object.fromEntries(['aws-cdk-lib', 'constructs'].map((name) => [name, `file:${modules(name)}`]));
const QUIETLY = ['--no-audit', '--no-fund', '--install-links=false', '--ignore-scripts'] as const;
let tarball: string;

beforeAll(() => {
  npm(root, 'pack', '--silent', '--pack-destination', folder);
  tarball = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '');
  cpSync(join(import.meta.dirname, 'example'), app, { recursive: true });
  const dependencies = { ...PEERS, 'session-warden': `file:${tarball}` };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module', dependencies, overrides: PEERS }));
  npm(app, 'install', '--offline', ...QUIETLY);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the package that npm packs', () => {
  it('synthesizes in an app of someone else, by three lines, with no network', () => {
    const { code, output } = runOffline(app, process.execPath, ['app.js']);
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  it('brings the bundles of all functions that this app needs, no sources of them, and no other package', () => {
    const installed = join(app, 'node_modules/session-warden');
    expect(readdirSync(installed).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'bin', 'client', 'dist', 'docs', 'package.json'].sort(),
    );
    const packages = readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(packages.sort()).toEqual(['aws-cdk-lib', 'constructs', 'session-warden']);
    const list = JSON.parse(readFileSync(join(installed, 'dist/bundles/bundles.json'), 'utf8'));
    expect(Object.keys(list)).toContain('kill-connection');
  });

  it('says what its bundles hold, the command too, and brings the licences of that', () => {
    const dist = join(app, 'node_modules/session-warden/dist');
    const { components } = JSON.parse(readFileSync(join(dist, 'sbom.cdx.json'), 'utf8'));
    const names = components.map(({ group, name }: { group?: string; name: string }) =>
      group === undefined ? name : `${group}/${name}`,
    );
    expect(names.length).toBeGreaterThan(50);
    // The functions alone hold mysql2's like; what parses YAML is the command's, Preact the console's.
    expect(names).toEqual(expect.arrayContaining(['mysql2', 'zod', 'yaml', 're2js', 'preact']));
    const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const versions = components.map(({ version }: { version: string }) => version);
    for (const [at, name] of names.entries()) expect(licences).toContain(`${name} ${versions[at]} (`);
  });

  it('is typed for a strict project', () => {
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
    ];
    const typeRoots = ['--typeRoots', modules('@types')];
    const { code, output } = runOffline(app, process.execPath, [
      modules('typescript/bin/tsc'),
      ...options,
      ...typeRoots,
      'typed.ts',
    ]);
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  it('has types of the API that compile by themselves, under any version of TypeScript', () => {
    const types = join(app, 'node_modules/session-warden/client/api.d.ts');
    for (const compiler of [modules('typescript'), join(root, 'client/node_modules/typescript')]) {
      const checked = runOffline(app, process.execPath, [join(compiler, 'bin/tsc'), '--noEmit', '--strict', types]);
      expect(checked).toEqual({ code: 0, output: '' });
    }
  });

  it('is one class, however it is loaded', () => {
    const script = `const { SessionWarden } = require('session-warden');
      import('session-warden').then((module) => { process.exitCode = module.SessionWarden === SessionWarden ? 0 : 1 });`;
    expect(runOffline(app, process.execPath, ['--input-type=commonjs', '-e', script])).toMatchObject({ code: 0 });
  });

  it('has types of itself and of CDK alone', () => {
    const dist = join(app, 'node_modules/session-warden/dist');
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
    const others = files.flatMap((file) =>
      [...readFileSync(join(dist, file), 'utf8').matchAll(/(?:from|import\() ?'([^'.][^']*)'/g)].map(
        ([, name]) => name,
      ),
    );
    expect(files.length).toBeGreaterThan(5);
    expect(others.filter((name) => !/^(aws-cdk-lib|constructs)(\/|$)/.test(name ?? ''))).toEqual([]);
  });

  it('can be published: named, described, and with its provenance', () => {
    const manifest = JSON.parse(readFileSync(join(app, 'node_modules/session-warden/package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      repository: { type: 'git', url: expect.stringMatching(/^git\+https:.*\.git$/) },
      publishConfig: { access: 'public', provenance: true },
    });
    expect(manifest).not.toHaveProperty('private');
    expect(manifest.keywords.length).toBeGreaterThan(5);
    for (const [name, subpath] of Object.entries<string | { readonly default: string }>(manifest.exports))
      for (const file of typeof subpath === 'string' ? [subpath] : Object.values(subpath))
        expect(readFileSync(join(app, 'node_modules/session-warden', file), 'utf8').length, name).toBeGreaterThan(0);
  });

  it('names file and line of a configuration that is wrong', () => {
    writeFileSync(join(app, 'warden.yaml'), 'access: []\nreaper: []\n');
    const { code, output } = runOffline(app, process.execPath, ['app.js']);
    cpSync(join(import.meta.dirname, 'example/warden.yaml'), join(app, 'warden.yaml'));
    expect(code).not.toBe(0);
    expect(output).toContain('config: warden.yaml:2: there is no field `reaper`');
  });

  it('brings the console', () => {
    const dist = join(app, 'node_modules/session-warden/dist');
    // In the command and in the function's bundle.
    for (const folder of ['cli', 'bundles']) {
      const texts = readdirSync(join(dist, folder)).map((name) => readFileSync(join(dist, folder, name), 'utf8'));
      expect(texts.filter((text) => text.includes('<title>Session Warden</title>'))).toHaveLength(1);
    }
  });

  it('brings the command, which asks a database and a deployment with nothing else installed', () => {
    const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', XDG_CACHE_HOME: join(app, 'cache') };
    const warden = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      runOffline(app, process.execPath, ['node_modules/session-warden/bin/warden.js', ...args], { ...env, ...more });
    expect(warden(['--help'])).toMatchObject({ code: 0, output: expect.stringContaining('health|doctor') });
    const DATABASE_URL = 'mysql://root@127.0.0.1:1';
    const WARDEN_CONFIG = join(app, 'operator.yaml');
    writeFileSync(WARDEN_CONFIG, 'access: []\n');
    const health = warden(['health'], { DATABASE_URL, WARDEN_CONFIG });
    expect(health).toMatchObject({ code: 1, output: expect.stringContaining('local cannot be reached') });
    const signed = warden(['targets', '--api', 'https://abc123.execute-api.eu-central-1.amazonaws.com']);
    expect(signed).toMatchObject({ code: 1, output: expect.stringContaining('Nothing answers at https://abc123') });
  });
});

/** What the registry could not be asked for, or `undefined`; any other failure is one of the package. */
function unreachable(error: unknown): string | undefined {
  const said = String(error instanceof Error && 'stderr' in error ? error.stderr : error);
  return /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b/.exec(said)?.[0];
}

const WARDEN =
  "new SessionWarden(this, 'Warden', { vpc, config: 'warden.yaml', secretPrefix: 'databases/', api: { iam: true } });";
const TEST = `import { App } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { ShopStack } from '../lib/shop-stack';

test('Session Warden is deployed', () => {
  Template.fromStack(new ShopStack(new App(), 'Shop')).resourceCountIs('AWS::ApiGatewayV2::Api', 1);
});
`;

/** As CDK's own command begins one: CommonJS, Jest, and types that are checked at each synthesis. */
describe('a stock app of `cdk init`', () => {
  const shop = join(folder, 'shop');
  const cdk = modules('aws-cdk/bin/cdk');
  const edit = (file: string, change: (text: string) => string): void =>
    writeFileSync(join(shop, file), change(readFileSync(join(shop, file), 'utf8')));

  it('installs the package, passes a test of its own and synthesizes', (context) => {
    mkdirSync(shop);
    const init = [cdk, 'init', 'app', '--language=typescript', '--generate-only'];
    expect(runOffline(shop, process.execPath, init)).toMatchObject({ code: 0 });
    cpSync(join(import.meta.dirname, 'example/warden.yaml'), join(shop, 'warden.yaml'));
    edit('test/shop.test.ts', () => TEST);
    edit('lib/shop-stack.ts', (text) =>
      ["import { Vpc } from 'aws-cdk-lib/aws-ec2';", "import { SessionWarden } from 'session-warden';", text]
        .join('\n')
        .replace(/^ +super\(.*$/m, `$&\nconst vpc = new Vpc(this, 'Vpc', { natGateways: 0 });\n${WARDEN}`),
    );
    // What is here already need not be downloaded.
    const here = ['aws-cdk', 'typescript', '@types/node'].map((name) => [name, `file:${modules(name)}`]);
    edit('package.json', (text) => {
      const { dependencies, devDependencies, ...rest } = JSON.parse(text);
      return JSON.stringify({
        ...rest,
        dependencies: { ...dependencies, ...PEERS, 'session-warden': `file:${tarball}` },
        devDependencies: { ...devDependencies, ...Object.fromEntries(here) },
      });
    });
    try {
      npm(shop, 'install', '--prefer-offline', ...QUIETLY);
    } catch (error) {
      const why = unreachable(error);
      if (why === undefined) throw error;
      return context.skip(`no registry for Jest: ${why}`);
    }
    const tested = runOffline(shop, process.execPath, ['node_modules/jest/bin/jest.js']);
    expect(tested).toMatchObject({ code: 0, output: expect.stringContaining('1 passed, 1 total') });
    const synthesized = runOffline(shop, process.execPath, [cdk, 'synth']);
    expect(synthesized).toMatchObject({ code: 0, output: expect.stringContaining('AWS::ApiGatewayV2::Api') });
  });
});

/** The lowest that `engines` names, and the newest there is. */
const [LOWEST = ''] = /\d+\.\d+\.\d+/.exec(
  z
    .object({ engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).engines.node,
) ?? [''];
const NEWEST = '26.12.1';

describe.each([LOWEST, NEWEST])('on Node %s', (version) => {
  /** The program, in the cache once; `undefined` where there is no registry. */
  async function nodeOf(): Promise<string> {
    const name = `node-${process.platform}-${process.arch}`;
    const file = join('node_modules', name, 'bin/node');
    const home = await installOnce(join(root, '.cache'), `node-${version}`, file, async (draft) => {
      writeFileSync(join(draft, 'package.json'), '{}');
      npm(draft, 'install', '--ignore-scripts', '--force', `${name}@${version}`);
    });
    return join(home, file);
  }

  it('the construct synthesizes, the command answers, and what it serves has the console', async (context) => {
    const node = await nodeOf().catch((error: unknown) => {
      const why = unreachable(error);
      if (why === undefined) throw error;
      return context.skip(`no registry for Node: ${why}`);
    });
    expect(runOffline(app, node, ['--version'])).toMatchObject({ code: 0, output: `v${version}\n` });
    expect(runOffline(app, node, ['app.js'])).toMatchObject({ code: 0 });
    const warden = 'node_modules/session-warden/bin/warden.js';
    expect(runOffline(app, node, [warden, '--version'])).toMatchObject({ code: 0, output: '0.1.0\n' });
    const port = await freePort();
    const served = spawn(node, [warden, 'serve', '--listen', `127.0.0.1:${port}`], {
      cwd: app,
      env: { PATH: process.env['PATH'], DATABASE_URL: 'mysql://root@127.0.0.1:1', XDG_CACHE_HOME: join(app, 'cache') },
      stdio: 'ignore',
    });
    try {
      const at = `http://127.0.0.1:${port}`;
      await until(
        async () => served.exitCode !== null || (await fetch(`${at}/healthz`).catch(() => undefined))?.ok === true,
      );
      const page = await fetch(`${at}/console/`);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<script')]);
    } finally {
      const gone = once(served, 'exit');
      if (served.kill()) await gone;
    }
  });
});

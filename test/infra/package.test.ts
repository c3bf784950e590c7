import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOffline } from './run-offline.ts';

const root = join(import.meta.dirname, '../..');
const modules = (name: string) => join(root, 'node_modules', name);
const app = mkdtempSync(join(tmpdir(), 'warden-example-'));
const npm = (cwd: string, ...args: readonly string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' });

/** What the installed package asks for, from here instead of a registry. */
const OFFLINE = ['aws-cdk-lib', 'constructs', 'yaml', 'zod', 're2js'];

beforeAll(() => {
  npm(root, 'pack', '--silent', '--pack-destination', app);
  const tarball = readdirSync(app).find((file) => file.endsWith('.tgz')) ?? '';
  cpSync(join(import.meta.dirname, 'example'), app, { recursive: true });
  const local = Object.fromEntries(OFFLINE.map((name) => [name, `file:${modules(name)}`]));
  const dependencies = { ...local, 'session-warden': `file:${tarball}` };
  writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module', dependencies, overrides: local }));
  npm(app, 'install', '--offline', '--no-audit', '--no-fund', '--install-links=false', '--ignore-scripts');
});
afterAll(() => rmSync(app, { recursive: true }));

describe('the package that npm packs', () => {
  it('synthesizes in an app of someone else, by three lines, with no network', () => {
    const { code, output } = runOffline(app, process.execPath, ['app.js']);
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  it('brings the bundles of all functions that this app needs, and no sources of them', () => {
    const installed = join(app, 'node_modules/session-warden');
    expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json']);
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

  it('can be required by an app of CommonJS', () => {
    const script = "process.exitCode = typeof require('session-warden').SessionWarden === 'function' ? 0 : 1";
    expect(runOffline(app, process.execPath, ['--input-type=commonjs', '-e', script])).toMatchObject({ code: 0 });
  });

  it('names file and line of a configuration that is wrong', () => {
    writeFileSync(join(app, 'warden.yaml'), 'access: []\nreaper: []\n');
    const { code, output } = runOffline(app, process.execPath, ['app.js']);
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

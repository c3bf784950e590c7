import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../local/kernel/free-port.ts';
import { standInDatabase } from '../../support/wire.ts';
import { until } from '../npm-start.ts';
import { ran } from './a-world.ts';

const WARDEN = join(import.meta.dirname, '../../../bin/warden.js');
const folder = mkdtempSync(join(tmpdir(), 'warden-serve-'));
const config = join(folder, 'warden.yaml');
const begun: ChildProcess[] = [];
let database: Awaited<ReturnType<typeof standInDatabase>>;
beforeAll(async () => {
  database = await standInDatabase();
  writeFileSync(
    config,
    `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
reapers:
  - { name: idle, targets: ['*'], kill: connection, match: { user: app }, mode: enforce }
  - { name: over, targets: ['*'], kill: connection, match: { user: app }, until: '2020-01-01' }
`,
  );
});
afterAll(() => {
  for (const child of begun) child.kill('SIGKILL');
  database.server.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], env: Readonly<NodeJS.ProcessEnv> = {}) {
  const { DATABASE_URL: _, TARGETS: __, WARDEN_TOKEN: ___, ...inherited } = process.env;
  const own = { DATABASE_URL: database.url, WARDEN_CONFIG: config, XDG_CACHE_HOME: folder, ...env };
  const all = ['--disable-warning=ExperimentalWarning', WARDEN, 'serve', ...args];
  const child = spawn(process.execPath, all, { cwd: tmpdir(), env: { ...inherited, ...own }, stdio: 'pipe' });
  begun.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      output += bytes;
    });
  return { child, exit: once(child, 'exit'), output: () => output };
}

describe('warden serve', () => {
  it('serves with a token of its own, tells whether it is up, and ends cleanly on a signal', async () => {
    const port = await freePort();
    const served = start(['--listen', `127.0.0.1:${port}`]);
    const file = join(folder, 'session-warden', `gateway-${port}.header`);
    await until(() => served.output().includes('Reaper over') || served.child.exitCode !== null);
    expect(served.output()).toContain(`Session Warden serves local at http://127.0.0.1:${port}`);
    expect(served.output()).toContain('Reaper idle every 5m: enforce');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const at = `http://127.0.0.1:${port}`;
    expect((await fetch(`${at}/healthz`)).status).toBe(200);
    expect((await fetch(`${at}/metrics`)).status).toBe(401);
    const authorization = readFileSync(file, 'utf8').trim().replace('Authorization: ', '');
    // The stand-in lets in and has no process list.
    const metrics = async () => (await fetch(`${at}/metrics`, { headers: { authorization } })).text();
    await until(async () => (await metrics()).includes('session_warden_target_up{target="local"} 0\n'));
    // The command finds it, and its token, by itself.
    const env = { PORT: String(port), XDG_CACHE_HOME: folder };
    expect(await ran(['targets'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\nlocal'),
    });
    served.child.kill('SIGTERM');
    expect(await served.exit).toEqual([0, null]);
    expect(existsSync(file)).toBe(false);
    await expect(fetch(`${at}/healthz`)).rejects.toThrow();
  });

  it('takes the token of a file, which others on the network need', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'a-token-that-somebody-chose\n');
    const port = await freePort();
    const served = start(['--listen', `0.0.0.0:${port}`, '--token-file', tokenFile]);
    await until(() => served.output().includes('plain HTTP') || served.child.exitCode !== null);
    const headers = { authorization: 'Bearer a-token-that-somebody-chose' };
    expect((await fetch(`http://127.0.0.1:${port}/stop`, { headers })).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/stop`)).status).toBe(401);
    served.child.kill('SIGINT');
    expect(await served.exit).toEqual([0, null]);
  });

  it.each([
    [['--listen', '0.0.0.0:8787'], {}, 'it takes a token of yours'],
    [['--listen', 'somewhere'], {}, '--listen: write an address and a port'],
    [[], { DATABASE_URL: '' }, 'set DATABASE_URL, or TARGETS'],
    [[], { WARDEN_CONFIG: '' }, 'write warden.yaml, or set WARDEN_CONFIG'],
    [[], { WARDEN_TOKEN: 'short' }, 'WARDEN_TOKEN must have 20'],
    [[], { WARDEN_TOKN: 'x'.repeat(30) }, 'there is no variable WARDEN_TOKN: did you mean WARDEN_TOKEN?'],
    [[], { CHAT_SECRETS_FILE: '/nowhere.json' }, 'CHAT_SECRETS_FILE: the file cannot be read'],
    [['--token-file', '/nowhere'], {}, '/nowhere: the file cannot be read'],
  ])('says what to write for %j with %j', async (args, env, what) => {
    const refused = start(args, env);
    expect((await refused.exit)[0]).toBe(2);
    expect(refused.output()).toContain(what);
  });
});

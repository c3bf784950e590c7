import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { standInDatabase } from '../support/wire.ts';
import { npmStart, type Started, serving, signalGroup } from './npm-start.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'warden-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** Runs the command as the package's `warden` runs. */
function warden(args: readonly string[], env: Readonly<NodeJS.ProcessEnv> = {}, cwd = folder): Promise<Ran> {
  const { DATABASE_URL: _, TARGETS: __, WARDEN_CONFIG: ___, WARDEN_API: ____, ...inherited } = process.env;
  const options = { cwd, env: { ...inherited, AUDIT_FILE: join(folder, 'audit.sqlite'), ...env } };
  const all = ['--disable-warning=ExperimentalWarning', join(root, 'bin/warden.js'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Commands for a terminal, and what turns text round or makes another line of it. */
const COMMANDS = /[^\P{Cc}\n\t]|\p{Bidi_Control}/u;
const EVIL = '\x1b]0;owned\x07\u009b31m\u202e';

describe('what warden prints', () => {
  const list = join(folder, 'list.txt');
  const policy = join(folder, 'policy.yaml');
  beforeAll(() => {
    const columns = ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'];
    const row = ['7', `app${EVIL}`, `10.0.0.7:1${EVIL}`, `db${EVIL}`, 'Sleep', '900', '', 'NULL'];
    writeFileSync(list, `${columns.join('\t')}\n${row.join('\t')}\n`);
    writeFileSync(
      policy,
      `reapers: [{ name: idle, targets: ['*'], kill: connection, match: { user: 'app*', db: '*', host: '*' }, victims: all }]\n`,
    );
  });

  it.each([[[]], [['--json']]])('commands no terminal: policy test %j', async (more) => {
    const { code, stdout } = await warden(['policy', 'test', '--policy', policy, '--processlist', list, ...more]);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(COMMANDS);
    expect(stdout).toContain('\\u001b]0;owned\\u0007\\u009b31m\\u202e');
    if (more.length > 0) expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(EVIL).slice(1, -1));
  });

  it('commands no terminal in an error either', async () => {
    const { code, stderr } = await warden(['policy', 'check', `no${EVIL}such.yaml`]);
    expect(code).toBe(2);
    expect(stderr).not.toMatch(COMMANDS);
    expect(stderr).toContain('\\u001b]0;owned');
  });
});

it('is no error where the reader of what it prints has seen enough', async () => {
  const line = `"${process.execPath}" "${join(root, 'bin/warden.js')}" --help; echo "code $?" >&2`;
  const said = await new Promise<string>((resolve) => {
    // The reader is gone before anything is written.
    execFile('sh', ['-c', `{ ${line}; } | true`], (_, __, stderr) => resolve(stderr));
  });
  expect(said).toBe('code 0\n');
});

describe('a file without access rules', () => {
  let database: Awaited<ReturnType<typeof standInDatabase>>;
  const inHome = join(folder, 'home');
  beforeAll(async () => {
    database = await standInDatabase();
    mkdirSync(inHome);
  });
  afterAll(() => database.server.close());

  it('is what README’s import makes, and leaves the operator everything, with a warning of the line to add', async () => {
    // The line of README.md itself, as a shell would take it apart.
    const [, words = ''] =
      /npx warden (policy import -- .+) > warden\.yaml/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
    const args = words.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1'));
    const imported = await warden(args, {}, inHome);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(join(inHome, 'warden.yaml'), imported.stdout);

    const check = await warden(['policy', 'check', 'warden.yaml'], {}, inHome);
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining('0 access rules, 1 reapers') });
    expect(check.stderr).toContain('access:\n  - { who: { group: operator }');

    const reached = await warden(['health'], { DATABASE_URL: database.url }, inHome);
    expect(reached.stderr).toContain('warden.yaml has no access rules');
    // The stand-in has no process list; a stranger would not even learn that there is a target.
    expect(reached.stdout).toContain('local cannot be reached: target-failed');

    // The lines of the warning are those that end it.
    const lines = check.stderr.slice(check.stderr.indexOf('access:'));
    writeFileSync(join(inHome, 'warden.yaml'), lines + imported.stdout);
    const mended = await warden(['health'], { DATABASE_URL: database.url }, inHome);
    expect(mended).toMatchObject({ stdout: reached.stdout, stderr: '' });
    expect((await warden(['policy', 'check', 'warden.yaml'], {}, inHome)).stderr).toBe('');
  });

  it('keeps a stranger out where there are rules, though none is for the operator', async () => {
    const config = join(folder, 'strangers.yaml');
    writeFileSync(config, "access: [{ who: { group: dba }, targets: ['*'] }]\n");
    const ran = await warden(['health'], { DATABASE_URL: database.url, WARDEN_CONFIG: config });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('The target does not exist') });
  });
});

describe('warden call', () => {
  let database: Awaited<ReturnType<typeof standInDatabase>>;
  const cache = join(folder, 'cache');
  const begun: Started[] = [];
  beforeAll(async () => {
    database = await standInDatabase();
  });
  afterAll(async () => {
    database.server.close();
    for (const started of begun) {
      signalGroup(started, 'SIGINT');
      await started.exit;
    }
  });
  async function start(env: Readonly<NodeJS.ProcessEnv>): Promise<NodeJS.ProcessEnv & { readonly address: string }> {
    const port = await freePort();
    const own = { XDG_CACHE_HOME: cache, DATABASE_URL: database.url, ...env };
    const started = await serving(npmStart(port, own));
    begun.push(started);
    // The command asks the gateway, and not the server behind it.
    const { DATABASE_URL: _, ...asking } = own;
    return { ...asking, PORT: String(port), address: started.address };
  }

  it('reads the token by itself, which the banner’s lines for curl use too', async () => {
    const { address, ...env } = await start({});
    expect((await fetch(`${address}/targets`)).status).toBe(401);
    expect(await warden(['call', 'GET', '/targets'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"name": "local"'),
    });
    const denied = await warden(['call', 'GET', '/targets'], { ...env, WARDEN_TOKEN: 'another-token-of-its-own' });
    expect(denied).toMatchObject({ code: 1, stdout: expect.stringContaining('token-needed') });
    const body = ['--body', '{"reaper":"idle-demo"}'];
    expect((await warden(['call', 'POST', '/targets/none/reaps', ...body], env)).stdout).toContain('target-not-found');
    const line = begun[0]?.output().match(/curl -s -H '@([^']+)' '[^']+'\n/);
    expect(readFileSync(line?.[1] ?? '', 'utf8')).toMatch(/^Authorization: Bearer [\w-]{43}\n$/);
    const { stdout } = await new Promise<{ stdout: string }>((resolve) =>
      execFile('sh', ['-c', `${line?.[0].trim().replace('/local/sessions', '')}`], (_, out) =>
        resolve({ stdout: out }),
      ),
    );
    expect(stdout).toContain('"name":"local"');
  });

  it('stops every kill of all that share its file, until someone resumes', async () => {
    const { address: _, ...env } = await start({ AUDIT_FILE: join(folder, 'shared.sqlite') });
    expect((await warden(['stop'], env)).code).toBe(2);
    const stopped = { code: 0, stdout: expect.stringMatching(/^Every kill is stopped by .*: a rule went mad\n$/) };
    expect(await warden(['stop', 'a', 'rule', 'went mad'], env)).toMatchObject(stopped);
    expect((await warden(['call', 'GET', '/stop'], env)).stdout).toContain('"reason": "a rule went mad"');
    expect((await warden(['kill', '42'], env)).stderr).toContain('All kills are currently stopped');
    expect((await warden(['call', 'DELETE', '/stop'], env)).stdout).toContain('"stopped": false');
    expect(await warden(['resume'], env)).toMatchObject({ code: 0, stdout: 'Kills are possible again.\n' });
  });

  it('takes the token that it is given, and says what is wrong with one that is none', async () => {
    const WARDEN_TOKEN = 'a-token-that-somebody-chose';
    const { address, ...env } = await start({ WARDEN_TOKEN });
    expect((await warden(['call', 'GET', '/targets'], env)).code).toBe(0);
    const headers = { authorization: `Bearer ${WARDEN_TOKEN}` };
    expect((await fetch(`${address}/targets`, { headers })).status).toBe(200);
    const refused = npmStart(await freePort(), {
      XDG_CACHE_HOME: cache,
      DATABASE_URL: database.url,
      WARDEN_TOKEN: 'short',
    });
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toContain('WARDEN_TOKEN must have 20');
  });

  it('says so where nothing answers, and how it is used', async () => {
    const PORT = String(await freePort());
    const env = { XDG_CACHE_HOME: cache };
    expect(await warden(['call', 'GET', '/targets'], { ...env, PORT })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nothing answers at port \d+: .*--api.*DATABASE_URL.*npm start or warden serve/),
    });
    expect(await warden(['call', 'targets'], env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'path'"),
    });
  });
});

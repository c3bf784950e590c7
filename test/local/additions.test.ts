import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { standInDatabase } from '../support/wire.ts';
import { ADDITIONS, type Patch } from './additions/additions.ts';
import { npmStart, type Started, serving, signalGroup } from './npm-start.ts';

const root = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'additions-'));
const FOLDERS = ['bin', 'console', 'docs', 'functions', 'infra', 'lib', 'local', 'test'];
const FILES = ['biome.json', 'client/api.d.ts', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const run = promisify(execFile);
const inCopy = async (program: string, ...args: readonly string[]): Promise<string> => {
  try {
    return (await run(join(root, 'node_modules/.bin', program), args, { cwd: copy })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program}: ${stdout}${stderr}`);
  }
};

function apply(patch: Patch): void {
  const file = join(copy, patch.file);
  if ('content' in patch) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, patch.content, { flag: 'wx' });
    return;
  }
  const [before, behind, ...more] = readFileSync(file, 'utf8').split(patch.after);
  if (behind === undefined || more.length > 0) throw new Error(`${patch.file} has not once: ${patch.after}`);
  writeFileSync(file, [before, patch.after, patch.insert, behind].join(''));
}

/** The paths that a row of "Where do I change …" names, `<name>` standing for any. */
function placesOf(row: string): readonly RegExp[] {
  const line = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`| ${row} |`));
  if (line === undefined) throw new Error(`ARCHITECTURE.md has no row "${row}"`);
  return [...line.matchAll(/`([\w.<>-]+(?:\/[\w.<>-]*)+)`/g)].map(
    ([, path = '']) =>
      new RegExp(`^${path.replaceAll('.', '\\.').replace(/<\w+>/, '[\\w-]+')}${path.endsWith('/') ? '' : '$'}`),
  );
}

beforeAll(() => {
  for (const folder of FOLDERS) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const file of FILES) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const patch of ADDITIONS.flatMap(({ patches }) => patches)) apply(patch);
  cpSync(join(import.meta.dirname, 'additions/added.test.ts.txt'), join(copy, 'test/unit/added.test.ts'));
});
afterAll(() => rmSync(copy, { recursive: true }));

it.each(ADDITIONS)('ARCHITECTURE.md names the places of $row, and no others', ({ row, patches }) => {
  const places = placesOf(row);
  const files = [...new Set(patches.map(({ file }) => file))];
  expect(files.filter((file) => !places.some((place) => place.test(file)))).toEqual([]);
  expect(places.filter((place) => !files.some((file) => place.test(file)))).toEqual([]);
});

describe('an engine, a channel, a field of a rule, a column and a function, added there alone', () => {
  it('compile everywhere, in the sources and in every test, and keep the rules of import', async () => {
    const lint = inCopy('biome', 'lint', '--vcs-enabled=false', 'functions', 'infra', 'lib');
    expect(await inCopy('tsc')).toBe('');
    expect(await inCopy('tsc', '--project', 'console')).toBe('');
    await lint;
  });

  it('work, and the channel keeps the promises of every channel', async () => {
    const contracts = ['channels.contract', 'channel-answers.contract', 'chat-bundles'];
    const files = contracts.map((name) => `test/contract/${name}.test.ts`);
    const more = ['test/unit/functions/routes.test.ts', 'test/unit/added.test.ts'];
    const report = ['--reporter=json', '--outputFile=report.json'];
    await inCopy('vitest', 'run', '--project', 'unit', ...report, ...files, ...more);
    const { testResults } = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8'));
    const assertions: readonly { readonly fullName: string; readonly status: string }[] = testResults.flatMap(
      ({ assertionResults }: { readonly assertionResults: readonly unknown[] }) => assertionResults,
    );
    expect(assertions.filter(({ status }) => status !== 'passed')).toEqual([]);
    const of = (words: string) => assertions.filter(({ fullName }) => fullName.startsWith(words)).length;
    for (const words of ['the channel', 'answers in', 'the bundle of'])
      expect([words, of(`${words} pigeon`)]).toEqual([words, of(`${words} slack`)]);
    for (const words of ['the engine', 'the field', 'the column', 'the function']) expect(of(`${words} `)).toBe(1);
  });

  it('are in the schema of warden.yaml: the field, and the channel in rules, for people and as a place', async () => {
    await inCopy('node', '--disable-warning=ExperimentalWarning', 'local/generate-documents.ts');
    const schema = readFileSync(join(copy, 'docs/warden.schema.json'), 'utf8');
    expect(schema).toContain('"description": "Its client is, or is not, on the machine of the server."');
    expect(schema.match(/"pigeon": \{\s+"type": "string",\s+"pattern": "\^loft-/g)).toHaveLength(3);
    expect(schema).toContain('^(dingtalk|feishu|pigeon|slack):');
  });

  it('are served by npm start, and npm run chat plays the channel: signed, verified, run, answered', async () => {
    const port = await freePort();
    const env = {
      PORT: String(port),
      AUDIT_FILE: join(copy, 'audit.sqlite'),
      CHAT_SECRETS_FILE: join(copy, 'chat-secrets.json'),
    };
    const database = await standInDatabase();
    const start = npmStart(port, { ...env, DATABASE_URL: database.url }, copy);
    const started: Started = await serving(start);
    try {
      const chat = ['run', '--silent', 'chat', '--', 'pigeon', '/warden helo'];
      const { stdout } = await run('npm', chat, { cwd: copy, env: { ...process.env, ...env } });
      expect(stdout).toContain('I do not know that command. Did you mean help?');
      // It asks for a token, where a path that is not served is not found.
      expect((await fetch(`${started.address}/targets/local/count`)).status).toBe(401);
    } finally {
      signalGroup(started, 'SIGINT');
      await started.exit;
      database.server.close();
    }
  });
});

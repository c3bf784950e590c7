import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/process-table.ts';
import { standInDatabase } from '../support/wire.ts';
import { npmStart, type Started, serving, signalGroup } from './npm-start.ts';

const root = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'new-channel-'));
const FOLDERS = ['bin', 'docs', 'functions', 'infra', 'lib', 'local', 'test'];
const run = promisify(execFile);
const inCopy = async (program: string, ...args: readonly string[]): Promise<string> => {
  try {
    return (await run(join(root, 'node_modules/.bin', program), args, { cwd: copy })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program}: ${stdout}${stderr}`);
  }
};

/** What docs/chat-ops.md, "Adding a channel", asks for: the folder, and the line. */
function addPigeon(): void {
  const folder = join(copy, 'lib/chatops/channels/pigeon');
  mkdirSync(folder);
  const files = readdirSync(join(import.meta.dirname, 'pigeon'));
  for (const file of files) cpSync(join(import.meta.dirname, 'pigeon', file), join(folder, file.replace('.txt', '')));
  appendFileSync(join(copy, 'lib/chatops/channels/index.ts'), "export { pigeon } from './pigeon/about.ts';\n");
}

beforeAll(() => {
  for (const folder of FOLDERS) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json', 'vitest.config.ts']) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  addPigeon();
});
afterAll(() => rmSync(copy, { recursive: true }));

describe('a channel that is one folder and one line', () => {
  it('has its types everywhere, in the sources and in every test', async () => {
    expect(await inCopy('tsc')).toBe('');
  });

  it('keeps the promises of every channel, has its route, its function, its role and a bundle of its own', async () => {
    const contracts = ['channels.contract', 'channel-answers.contract', 'chat-bundles'];
    const files = contracts.map((name) => `test/contract/${name}.test.ts`);
    const args = [
      'run',
      '--project',
      'unit',
      '--reporter=json',
      '--outputFile=report.json',
      ...files,
      'test/unit/functions/routes.test.ts',
    ];
    await inCopy('vitest', ...args);
    const { testResults } = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8'));
    const assertions: readonly { readonly fullName: string; readonly status: string }[] = testResults.flatMap(
      ({ assertionResults }: { readonly assertionResults: readonly unknown[] }) => assertionResults,
    );
    expect(assertions.filter(({ status }) => status !== 'passed')).toEqual([]);
    const of = (words: string) => assertions.filter(({ fullName }) => fullName.startsWith(words)).length;
    for (const words of ['the channel', 'answers in', 'the bundle of'])
      expect([words, of(`${words} pigeon`)]).toEqual([words, of(`${words} slack`)]);
  });

  it('stands in the schema of warden.yaml: in rules, for people, and as a place', async () => {
    await inCopy('node', '--disable-warning=ExperimentalWarning', 'local/generate-schema.ts');
    const schema = readFileSync(join(copy, 'docs/warden.schema.json'), 'utf8');
    expect(schema.match(/"pigeon": \{\s+"type": "string",\s+"pattern": "\^loft-/g)).toHaveLength(3);
    expect(schema).toContain('^(dingtalk|feishu|pigeon|slack):');
  });

  it('is played by npm run chat: signed, verified, run, answered', async () => {
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
    } finally {
      signalGroup(started, 'SIGINT');
      await started.exit;
      database.server.close();
    }
  });
});

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../local/kernel/free-port.ts';
import { writeFigures } from '../faults/figures.ts';
import { kernelUrl, npmStart, type Started, serving, signalGroup } from '../local/npm-start.ts';
import { pythonTool } from '../support/python-tool.ts';
import { SEEDED_USER, Seeds } from './seeds.ts';

const PACKAGE = 'schemathesis==4.32.5';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const EXAMPLES = process.env['FAULTS_FULL'] ? 1_000 : 30;
/** Every run of `npm test` asks the same; `npm run faults -- --full` asks something new each time. */
const SEED = process.env['FAULTS_FULL'] ? Math.floor(Math.random() * 2 ** 32) : 20_261_130;
const LIMIT_MS = process.env['FAULTS_FULL'] ? 3_600_000 : 1_200_000;
const folder = mkdtempSync(join(tmpdir(), 'warden-schemathesis-'));
const tally = join(folder, 'tally.txt');

let python: string;
let skipped: string | undefined;
let started: Started | undefined;
let seeds: Seeds | undefined;

beforeAll(async () => {
  try {
    python = await pythonTool('schemathesis', PACKAGE);
  } catch (error) {
    skipped = `schemathesis does not run here: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : error}`;
    return;
  }
  const env = { WARDEN_CONFIG: join(HERE, 'warden.yaml'), AUDIT_FILE: join(folder, 'audit.sqlite') };
  started = npmStart(await freePort(), env);
  try {
    await serving(started);
  } catch (error) {
    skipped = String(error).includes('kernel')
      ? `there is no kernel: ${started.output().trim().split('\n').at(-1)}`
      : undefined;
    if (skipped === undefined) throw error;
    return;
  }
  seeds = await Seeds.sow(kernelUrl(started), 8);
});

afterAll(async () => {
  seeds?.close();
  if (started !== undefined) {
    signalGroup(started, 'SIGINT');
    await started.exit;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** How many answers of each status each operation gave. */
function answers(): ReadonlyMap<string, number> {
  const lines = readFileSync(tally, 'utf8').trim().split('\n');
  return new Map([...Map.groupBy(lines, (line) => line)].map(([line, all]) => [line, all.length]));
}

it(
  'Schemathesis finds nothing in the served document: all its checks, on sessions that live',
  async (context) => {
    context.skip(skipped !== undefined, skipped);
    const address = started?.address ?? '';
    const { stdout, code } = await promisify(execFile)(
      python,
      [
        '-m',
        'schemathesis.cli',
        '--config-file',
        join(HERE, 'schemathesis.toml'),
        'run',
        `${address}/openapi.json`,
        '-n',
        String(EXAMPLES),
        '--seed',
        String(SEED),
      ],
      {
        cwd: folder,
        maxBuffer: 1e8,
        env: {
          ...process.env,
          PYTHONPATH: HERE,
          PYTHONUNBUFFERED: '1',
          PYTHONDONTWRITEBYTECODE: '1',
          WARDEN_URL: address,
          WARDEN_TALLY: tally,
          WARDEN_SEEDED_USER: SEEDED_USER,
          WARDEN_REAPER: 'idle-seeds',
          WARDEN_SEED: String(SEED),
        },
      },
    ).then(
      ({ stdout }) => ({ stdout, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => ({
        stdout: error.stdout + error.stderr,
        code: error.code,
      }),
    );
    const counts = answers();
    const tried = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const failures = Number(/(\d+) unique failures?/.exec(stdout)?.[1] ?? (code === 0 ? 0 : 1));
    const [at = ''] = [...counts.keys()].filter((line) => /^5/.test(line));
    writeFigures({
      name: 'Schemathesis',
      tried,
      wrong: null,
      lost: null,
      left: null,
      findings: failures,
      note: 'requests to every operation of the served document, valid and not, on sessions that live',
    });
    expect(at).toBe('');
    // What was found is the message of the failure: a report keeps that and drops what a test prints.
    const found = stdout.slice(Math.max(0, stdout.search(/=+ (?:ERRORS|FAILURES) =+/))).slice(0, 10_000);
    expect({ code, failures, found: code === 0 ? '' : found }).toEqual({ code: 0, failures: 0, found: '' });
    expect(tried).toBeGreaterThan(1_000);
    const session = '/targets/{target}/sessions/{id}';
    for (const operation of [
      `DELETE ${session}`,
      `DELETE ${session}/query`,
      `GET ${session}`,
      'POST /targets/{target}/kills',
      'POST /targets/{target}/reaps',
    ])
      expect([operation, counts.get(`200 ${operation}`) ?? 0]).toEqual([
        operation,
        expect.toSatisfy((n: number) => n >= 3),
      ]);
    for (const operation of [`DELETE ${session}`, `DELETE ${session}/query`])
      expect([operation, counts.get(`412 ${operation}`) ?? 0]).toEqual([
        operation,
        expect.toSatisfy((n: number) => n >= 1),
      ]);
  },
  LIMIT_MS,
);

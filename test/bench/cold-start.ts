import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { toConfigJson } from '../../lib/config-json.ts';
import { LOCAL_DEFAULT } from '../../local/default-config.ts';
import { type Bundle, bundlesOf, leverBundles, plainBundle } from './cold-start-bundles.ts';
import { median, table, writeReport } from './report.ts';

const ROUNDS = 20;
const execute = promisify(execFile);
const figuresSchema = z.object({ load: z.number(), ready: z.number() });
type Figures = z.infer<typeof figuresSchema>;

/** Milliseconds of the process: once the bundle is loaded, and once it has what its first call needs. */
const CHILD = `
const { init } = process.argv[1] === 'nothing' ? {} : await import(process.argv[1]);
const load = performance.now();
await init?.();
const ready = performance.now();
console.log(JSON.stringify({ load, ready }));
process.exit();`;

async function start(file: string, env: NodeJS.ProcessEnv): Promise<Figures> {
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', CHILD, file], { env });
  return figuresSchema.parse(JSON.parse(stdout));
}

/** Medians, net of a process that loads nothing. */
async function measure(bundles: readonly Bundle[], env: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, Figures>> {
  const empty: number[] = [];
  const taken = new Map<string, Figures[]>(bundles.map(({ name }) => [name, []]));
  for (const { file, env: own } of bundles) await start(file, { ...env, ...own });
  // In turn, so that whatever else the machine does meets all of them alike.
  for (let round = 0; round < ROUNDS; round++) {
    empty.push((await start('nothing', env)).load);
    for (const { name, file, env: own } of bundles) taken.get(name)?.push(await start(file, { ...env, ...own }));
  }
  const base = median(empty);
  const net = (all: readonly Figures[]): Figures => ({
    load: median(all.map(({ load }) => load)) - base,
    ready: median(all.map(({ ready }) => ready)) - base,
  });
  return new Map([...taken].map(([name, all]) => [name, net(all)]));
}

const NAN: Figures = { load: Number.NaN, ready: Number.NaN };
const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)}`;

function rowsOf(bundles: readonly Bundle[], measured: ReadonlyMap<string, Figures>, plain: Figures): string[][] {
  return bundles.map(({ name, atOnce, total, packages }) => {
    const { load, ready } = measured.get(name) ?? NAN;
    const ratio = (ms: number): string => `${(ms / plain.load).toFixed(2)}×`;
    const times = [load.toFixed(1), ratio(load), ready.toFixed(1), ratio(ready)];
    return [name, kilobytes(total), kilobytes(atOnce), ...times, packages.join(', ')];
  });
}

/** What Secrets Manager answers on this machine: a secret of a chat that has no platform. */
async function secretsManager() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify({ Name: 'chat', SecretString: '{}' })));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

const HEAD = [
  'bundle',
  'kB',
  'kB at once',
  'loaded, ms',
  'ratio',
  'ready, ms',
  'ratio',
  'kB at once, the largest five',
];
const NOTE = `Fresh processes of Node, ${ROUNDS} for each bundle, in turn; medians, net of a process that loads nothing. Loaded: the
module is there. Ready: besides, what the first call needs is there, with the configuration read and clients made; chat functions have also
read their secret, over loopback. Ratios are to the load of the plainest handler that does this job: of mysql2 and client-secrets-manager, it reads its secret, connects and lists,
bundled and minified in one file.`;

/** Loads and initialises every function's bundle beside the plainest handler, and the kill with each lever taken back. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'warden-cold-start-'));
  const secrets = await secretsManager();
  try {
    const config = join(folder, 'warden.json');
    await writeFile(config, toConfigJson(LOCAL_DEFAULT));
    const env = {
      WARDEN_CONFIG: config,
      SECRET_PREFIX: 'warden/',
      AUDIT_TABLE: 'audit',
      STATE_TABLE: 'state',
      REAP_QUEUE_URL: `${secrets.url}/1/reaps`,
      CHAT_QUEUE_URL: `${secrets.url}/1/chat`,
      CHAT_SECRET: 'chat',
      CHAT_WORKER_FUNCTION: 'chat-worker',
      RUN_COMMAND_FUNCTION: 'run-command',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
      AWS_ENDPOINT_URL: secrets.url,
      POWERTOOLS_DEV: 'false',
    };
    const plain = await plainBundle(folder);
    const functions = await bundlesOf(folder);
    const levers = await leverBundles(folder);
    const measured = await measure([plain, ...functions, ...levers], env);
    const base = measured.get(plain.name) ?? NAN;
    const all = table(HEAD, rowsOf([plain, ...functions], measured, base));
    const each = table(
      HEAD.slice(0, -1),
      rowsOf(levers, measured, base).map((row) => row.slice(0, -1)),
    );
    await writeReport(
      'cold-start',
      'Cold start',
      `${NOTE}\n\n${all}\n\nWhat each lever brings, one taken back at a time:\n\n${each}`,
    );
  } finally {
    secrets.close();
    await rm(folder, { recursive: true, force: true });
  }
}

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { toConfigJson } from '../../lib/config/config-json.ts';
import { LOCAL_DEFAULT } from '../../local/default-config.ts';
import { aCertificate } from '../engines/a-certificate.ts';
import { inFolder } from './bundles.ts';
import { type Bundle, bundlesOf, leverBundles, plainBundle } from './cold-start-bundles.ts';
import type { Measured } from './figures.ts';
import { median, table } from './report.ts';

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

/** Of each bundle, net of the median of a process that loads nothing. */
async function measure(
  bundles: readonly Bundle[],
  rounds: number,
  env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const empty: number[] = [];
  const taken = new Map<string, Figures[]>(bundles.map(({ name }) => [name, []]));
  for (const { file, env: own } of bundles) await start(file, { ...env, ...own });
  // In turn, so that whatever else the machine does meets all of them alike.
  for (let round = 0; round < rounds; round++) {
    empty.push((await start('nothing', env)).load);
    for (const { name, file, env: own } of bundles) taken.get(name)?.push(await start(file, { ...env, ...own }));
  }
  const base = median(empty);
  const net = ({ load, ready }: Figures): Figures => ({ load: load - base, ready: ready - base });
  return new Map([...taken].map(([name, all]) => [name, all.map(net)]));
}

const medians = (all: readonly Figures[] = []): Figures => ({
  load: median(all.map(({ load }) => load)),
  ready: median(all.map(({ ready }) => ready)),
});

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)}`;

function rowsOf(
  bundles: readonly Bundle[],
  measured: ReadonlyMap<string, readonly Figures[]>,
  plain: Figures,
): string[][] {
  return bundles.map(({ name, atOnce, total, packages }) => {
    const { load, ready } = medians(measured.get(name));
    const ratio = (ms: number): string => `${(ms / plain.load).toFixed(2)}×`;
    const times = [load.toFixed(1), ratio(load), ready.toFixed(1), ratio(ready)];
    return [name, kilobytes(total), kilobytes(atOnce), ...times, packages.join(', ')];
  });
}

/** What Secrets Manager answers on this machine, over TLS as it does: plain HTTP would have Node load what no function of ours needs on AWS. A secret of a chat that has no platform. */
async function secretsManager() {
  const { folder, ca } = await aCertificate('IP:127.0.0.1');
  const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(join(folder, name)));
  const server = createServer({ key, cert }, (request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify({ Name: 'chat', SecretString: '{}' })));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, ca);
  const close = async (): Promise<void> => {
    server.close();
    await rm(folder, { recursive: true });
  };
  return { url: `https://127.0.0.1:${address.port}`, authority, close };
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
const note = (
  rounds: number,
) => `Fresh processes of Node, ${rounds} for each bundle, in turn; medians, net of a process that loads nothing. Loaded: the
module is there. Ready: besides, what the first call needs is there, with the configuration read and clients made (but that which counts kills, made with the first); chat functions have also
read their secret, by TLS over loopback. Ratios are to the load of the plainest handler that does this job: of mysql2 and client-secrets-manager, it reads its secret, connects and lists,
bundled and minified in one file.`;

const environment = (config: string, endpoint: string, authority: string): NodeJS.ProcessEnv => ({
  NODE_EXTRA_CA_CERTS: authority,
  WARDEN_CONFIG: config,
  SECRET_PREFIX: 'warden/',
  AUDIT_TABLE: 'audit',
  STATE_TABLE: 'state',
  REAP_QUEUE_URL: `${endpoint}/1/reaps`,
  CHAT_QUEUE_URL: `${endpoint}/1/chat`,
  CHAT_SECRET: 'chat',
  CHAT_WORKER_FUNCTION: 'chat-worker',
  RUN_COMMAND_FUNCTION: 'run-command',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
  AWS_ENDPOINT_URL: endpoint,
  POWERTOOLS_DEV: 'false',
});

/** Whom a person waits for most. */
const URGENT = ['list-sessions', 'kill-connection'];

/** What to measure, and how often. */
export interface ColdStartBench {
  readonly rounds: number;
  /** Only the functions that a person waits for most, and no lever taken back. */
  readonly isShort: boolean;
}

/**
 * Loads and initialises every function's bundle beside the plainest handler, and the kill with each lever taken back.
 *
 * @returns the figures, and the page that shows all of them
 */
export async function benchColdStart({
  rounds,
  isShort,
}: ColdStartBench): Promise<{ readonly figures: readonly Measured[]; readonly page: string }> {
  const secrets = await secretsManager();
  try {
    return await inFolder(async (folder) => {
      const config = join(folder, 'warden.json');
      await writeFile(config, toConfigJson(LOCAL_DEFAULT));
      const plain = await plainBundle(folder);
      const functions = await bundlesOf(folder, isShort ? URGENT : undefined);
      const levers = isShort ? [] : await leverBundles(folder);
      const measured = await measure(
        [plain, ...functions, ...levers],
        rounds,
        environment(config, secrets.url, secrets.authority),
      );
      const theirs = measured.get(plain.name) ?? [];
      const all = table(HEAD, rowsOf([plain, ...functions], measured, medians(theirs)));
      const each = table(
        HEAD.slice(0, -1),
        rowsOf(levers, measured, medians(theirs)).map((row) => row.slice(0, -1)),
      );
      const readiness = functions.map(({ name }) => ({
        name,
        ready: measured.get(name)?.map(({ ready }) => ready) ?? [],
      }));
      const slowest = readiness.toSorted((a, b) => median(b.ready) - median(a.ready))[0]?.name;
      return {
        figures: readiness.map(({ name, ready }) => ({
          what: `cold start of ${name}, ready`,
          server: null,
          peer: 'mysql2 and client-secrets-manager',
          ours: ready,
          theirs: theirs.map(({ load }) => load),
          aim: { ratio: URGENT.includes(name) ? 0.85 : 1 },
          isDetail: ![...URGENT, slowest].includes(name),
        })),
        page: `${note(rounds)}\n\n${all}\n\nWhat each lever brings, one taken back at a time:\n\n${each}`,
      };
    });
  } finally {
    await secrets.close();
  }
}

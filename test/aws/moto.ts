import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A running moto server. */
export interface Moto {
  /** For `endpoint` of AWS clients. */
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const PACKAGE = 'moto[server]==5.2.*';
const START_MS = 30_000;
const run = promisify(execFile);

/**
 * Starts moto, an emulator of AWS, on a free loopback port; installs it from PyPI into `.cache/moto` the first time.
 * `skipped` says why where the machine cannot: no python3, no venv, or no way to PyPI.
 */
export async function startMoto(): Promise<{ readonly moto?: Moto; readonly skipped?: string }> {
  try {
    return { moto: await serve(await install()) };
  } catch (error) {
    return {
      skipped: `moto does not run here: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : error}`,
    };
  }
}

/** The interpreter that has moto. */
async function install(): Promise<string> {
  const home = join(CACHE, 'moto');
  const python = join('bin', 'python');
  if (existsSync(join(home, python))) return join(home, python);
  mkdirSync(CACHE, { recursive: true });
  // Made aside and renamed, so that neither a run that was cut off nor one at the same time leaves half of it.
  const draft = mkdtempSync(join(CACHE, 'moto-'));
  try {
    await run('python3', ['-m', 'venv', draft]);
    await run(join(draft, python), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE]);
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(join(home, python))) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(home, python);
}

async function serve(python: string): Promise<Moto> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: dirname(python),
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const kill = () => void server.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    server.kill();
    await Promise.race([ended, sleep(2_000, undefined, { ref: false })]);
    kill();
    await ended;
  };

  for (const end = Date.now() + START_MS; Date.now() < end && server.exitCode === null; ) {
    if (await isUp(endpoint)) return { endpoint, stop };
    await sleep(50);
  }
  await stop();
  throw new Error('the server did not come up');
}

const isUp = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.ok,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

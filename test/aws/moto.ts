import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/free-port.ts';
import { startWatchdog } from '../../local/kernel/watchdog.ts';
import { pythonTool } from '../support/python-tool.ts';

/** A running moto server. */
export interface Moto {
  /** For `endpoint` of AWS clients. */
  readonly endpoint: string;
  /** Forgets everything that it was told. */
  readonly reset: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const PACKAGE = 'moto[server]==5.2.*';
const START_MS = 30_000;

/**
 * Starts moto, an emulator of AWS, on a free loopback port; installs it from PyPI into `.cache/moto` the first time.
 * `skipped` says why where the machine cannot: no python3, no venv, or no way to PyPI.
 */
export async function startMoto(): Promise<{ readonly moto?: Moto; readonly skipped?: string }> {
  try {
    return { moto: await serve(await pythonTool('moto', PACKAGE)) };
  } catch (error) {
    return {
      skipped: `moto does not run here: ${error instanceof Error ? error.message.trim().split('\n').at(-1) : error}`,
    };
  }
}

async function serve(python: string): Promise<Moto> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // The watchdog knows the process by this path, and removes what is there, which is nothing.
  const mark = join(tmpdir(), `warden-moto-${port}`);
  const server = spawn(python, ['-X', `warden=${mark}`, '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: dirname(python),
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const kill = () => void server.kill('SIGKILL');
  // A file whose tests are all skipped runs no hook, and a worker that is ended no listener.
  const endWatch = server.pid === undefined ? () => {} : startWatchdog(server.pid, mark);
  const stop = async () => {
    server.kill();
    await Promise.race([ended, sleep(2_000, undefined, { ref: false })]);
    kill();
    await ended;
    endWatch();
  };

  for (const end = Date.now() + START_MS; Date.now() < end && server.exitCode === null; ) {
    if (await isUp(endpoint)) return { endpoint, reset: () => reset(endpoint), stop };
    await sleep(50);
  }
  await stop();
  throw new Error('the server did not come up');
}

async function reset(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
  if (!answer.ok) throw new Error(`moto forgot nothing: ${answer.status}`);
}

const isUp = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.ok,
    () => false,
  );

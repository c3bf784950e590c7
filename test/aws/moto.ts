import { dirname } from 'node:path';
import { pythonTool } from '../support/python-tool.ts';
import { type RunningEmulator, startEmulator } from './emulator.ts';

/** A running moto server. */
export interface Moto extends RunningEmulator {
  /** Forgets everything that it was told. */
  readonly reset: () => Promise<void>;
}

const PACKAGE = 'moto[server]==5.2.*';

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
  const emulator = await startEmulator({
    program: python,
    args: (port, mark) => ['-X', `warden=${mark}`, '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    cwd: dirname(python),
    knock,
    endsIn: 2_000,
  });
  return { ...emulator, reset: () => reset(emulator.endpoint) };
}

async function reset(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
  if (!answer.ok) throw new Error(`moto forgot nothing: ${answer.status}`);
}

async function knock(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(2_000) });
  if (!answer.ok) throw new Error(`moto is not up: ${answer.status}`);
}

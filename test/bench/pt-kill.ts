import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The peer's name and version. @throws Error where it is not installed */
export async function ptKillVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('pt-kill', ['--version']);
  return stdout.trim();
}

/** The options that lead pt-kill to a server; `localhost` would be a socket to it. */
function serverOptions(url: string): readonly string[] {
  const { hostname, port, username, password } = new URL(url);
  const login = ['--user', username, ...(password === '' ? [] : ['--password', password])];
  return ['--host', hostname, '--port', port, ...login, '--no-version-check'];
}

const noting = (file: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PERL5OPT: `-I${import.meta.dirname} -MFirstLook`,
  FIRST_LOOK: file,
  ...more,
});

/** Starts a pt-kill that goes on until it is ended, and writes to the file when it first looked. */
export const startPtKill = (url: string, rule: readonly string[], file: string): ChildProcess =>
  spawn('pt-kill', [...serverOptions(url), ...rule], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: noting(file),
  });

/** What one look of pt-kill took, from asking for the process list until it would sleep: milliseconds, and the most memory of its process in bytes. */
export async function onePtKillLook(
  url: string,
  rule: readonly string[],
  folder: string,
): Promise<{ took: number; peak: number }> {
  const file = join(folder, 'pt-kill-look');
  await promisify(execFile)('pt-kill', [...serverOptions(url), ...rule], {
    env: noting(file, { LOOK_ONCE: '1' }),
    maxBuffer: 2 ** 28,
  });
  const { took, peak } = JSON.parse(await readFile(file, 'utf8')) as { took: number; peak: number };
  await rm(file);
  return { took, peak: peak * 1024 };
}

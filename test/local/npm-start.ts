import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real `npm start` in a process of its own. */
export interface Started {
  readonly child: ChildProcess;
  readonly address: string;
  /** What it printed so far. */
  output(): string;
  /** Resolves with the exit code, `null` after a signal. */
  readonly exit: Promise<number | null>;
}

/** Begins `npm start` on a port; does not wait until it serves. */
export function npmStart(port: number, env: Readonly<NodeJS.ProcessEnv> = {}, cwd = process.cwd()): Started {
  const { DATABASE_URL: _, TARGETS: __, WARDEN_CONFIG: ___, ...inherited } = process.env;
  const child = spawn('npm', ['start'], {
    cwd,
    env: { ...inherited, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a test can do to it what Ctrl-C in a terminal does.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exit = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  return { child, address: `http://127.0.0.1:${port}`, output: () => output, exit };
}

/** Waits until it has printed that it serves. Rejects when it ends before. */
export async function serving(started: Started): Promise<Started> {
  await until(() => {
    if (started.child.exitCode !== null) throw new Error(`npm start ended:\n${started.output()}`);
    return started.output().includes('Session Warden serves');
  }, 300_000);
  return started;
}

/** Signals the whole group, as a terminal does; nothing where all of it has ended. */
export function signalGroup({ child }: Started, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`still not so after ${limitMs} ms: ${holds}`);
    await sleep(50);
  }
}

/** Root's URL on the kernel of an `npm start`, by the line for the mysql client that it printed. */
export function kernelUrl(started: Started): string {
  const [, file = '', port] = /--defaults-extra-file='([^']+)' .*-P (\d+)/.exec(started.output()) ?? [];
  const [, password] = /^password=(.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  return `mysql://root:${password}@127.0.0.1:${port}`;
}

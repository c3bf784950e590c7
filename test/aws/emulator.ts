import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/kernel/free-port.ts';
import { startWatchdog } from '../../local/kernel/process-table.ts';

/** A program that stands for a service of AWS. */
export interface Emulator {
  readonly program: string;
  /** @param mark - a path that must stand in the command line: the watchdog knows the process by it */
  readonly args: (port: number, mark: string) => readonly string[];
  readonly cwd: string;
  /** Rejects while it is not up. */
  readonly knock: (endpoint: string) => Promise<unknown>;
  /** Milliseconds that it has to end in good order; 0 where it needs none. */
  readonly endsIn: number;
}

/** A running one. */
export interface RunningEmulator {
  /** For `endpoint` of AWS clients. */
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

const START_MS = 100_000;

/** Starts it on a free loopback port. @throws Error where it does not come up */
export async function startEmulator({ program, args, cwd, knock, endsIn }: Emulator): Promise<RunningEmulator> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // Nothing is there: the watchdog removes it all the same.
  const mark = join(tmpdir(), `warden-emulator-${port}`);
  const server = spawn(program, [...args(port, mark)], { cwd, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  // A file whose tests are all skipped runs no hook, and a worker that is ended no listener.
  const endWatch = server.pid === undefined ? () => {} : startWatchdog(server.pid, mark);
  const stop = async () => {
    if (endsIn > 0) {
      server.kill();
      await Promise.race([ended, sleep(endsIn, undefined, { ref: false })]);
    }
    server.kill('SIGKILL');
    await ended;
    endWatch();
  };
  for (const end = Date.now() + START_MS; Date.now() < end && server.exitCode === null; ) {
    const isUp = await knock(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return { endpoint, stop };
    await sleep(50);
  }
  await stop();
  throw new Error('the server did not come up');
}

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { freePort, isFree } from '../free-port.ts';
import { fetchKernel, type KernelFiles } from './fetch-kernel.ts';
import { KernelError } from './kernel-error.ts';
import { lastLines } from './last-lines.ts';
import { makeRunFolder, type RunFolder, removeStaleRuns } from './run-folder.ts';
import { startWatchdog } from './watchdog.ts';

const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 5_000;
const PARAMETERS = ['datafile_size=1G', 'datafile_maxsize=4G', 'log_disk_size=2G', 'memory_limit=2G'];

/** How to start the kernel. */
export interface KernelOptions {
  /** The folder that holds the kernel's files and, while it runs, its data. */
  readonly cache: string;
  /** A free one if not given. */
  readonly port?: number;
  readonly say?: (line: string) => void;
}

/** A running OceanBase kernel, open to this machine only; user root, no password. */
export interface Kernel {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves with its last log lines when it ends without having been stopped. */
  readonly died: Promise<string>;
  /** Ends it and removes its data. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Fetches the kernel if need be, starts it on empty data, and resolves once it answers. It ends with this process,
 * however that ends.
 *
 * @throws KernelError
 */
export async function startKernel(options: KernelOptions): Promise<Kernel> {
  const files = await fetchKernel(options.cache, options.say);
  const runs = join(options.cache, 'runs');
  removeStaleRuns(runs);
  const port = options.port ?? (await freePort());
  if (!(await isFree(port))) throw new KernelError(`Port ${port} for the OceanBase kernel is in use.`);
  const folder = makeRunFolder(runs);
  const child = spawnKernel(files, folder, port);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const pid = child.pid;
  const endWatch = pid === undefined ? () => {} : startWatchdog(pid, folder.base);
  const killNow = () => {
    child.kill('SIGKILL');
  };
  process.once('exit', killNow);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= end(child, ended).then(() => {
      process.off('exit', killNow);
      endWatch();
      folder.remove();
    });
    return stopping;
  };

  const failure = await waitUntilReady(port, ended);
  if (pid === undefined || failure) {
    const log = lastLines(folder.base);
    await stop();
    throw new KernelError(`The OceanBase kernel did not start (${failure ?? 'it cannot be run'}).${log}`);
  }
  folder.own(pid);
  const died = new Promise<string>((resolve) => {
    void ended.then(() => stopping ?? resolve(lastLines(folder.base)));
  });
  return { url: `mysql://root@127.0.0.1:${port}`, port, pid, died, stop };
}

function spawnKernel(files: KernelFiles, folder: RunFolder, port: number): ChildProcess {
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const parameters = PARAMETERS.flatMap((parameter) => ['--parameter', parameter]);
  // At its usual level it writes some 30 MB of log a minute.
  const args = ['--nodaemon', '-P', String(port), '--base-dir', folder.base, ...parameters, '--log-level', 'ERROR'];
  const output = openSync(join(folder.base, 'output.log'), 'a');
  try {
    return spawn(files.program, args, {
      // Only the word "false" keeps the kernel from reporting its start to its makers.
      env: { ...process.env, [variable]: files.libraries.join(':'), TELEMETRY_ENABLED: 'false' },
      // Its own group, so that Ctrl-C reaches us alone and we end things in order.
      detached: true,
      stdio: ['ignore', output, output],
    });
  } finally {
    closeSync(output);
  }
}

async function waitUntilReady(port: number, ended: Promise<void>): Promise<string | undefined> {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    if (gone) return 'it ended at once';
    try {
      await closeToOthers(port);
      // On a port that was taken meanwhile another server may have answered.
      await sleep(50);
      return gone ? 'it ended at once' : undefined;
    } catch {
      await Promise.race([sleep(100), ended]);
    }
  }
  return `no answer within ${START_LIMIT_MS / 1000} s`;
}

/** The kernel listens on every address, with no password: let it accept this machine only. */
async function closeToOthers(port: number): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 2_000 });
  connection.on('error', () => {});
  try {
    await connection.query("SET GLOBAL ob_tcp_invited_nodes = '127.0.0.1,::1'");
  } finally {
    connection.destroy();
  }
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(late);
}

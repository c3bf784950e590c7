import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { fetchKernel, KernelError, type KernelFiles, type KernelName } from './fetch-kernel.ts';
import { freePort, isFree } from './free-port.ts';
import { startWatchdog } from './process-table.ts';
import { makeRunFolder, removeStaleRuns } from './run-folder.ts';

const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 5_000;
const PARAMETERS = ['datafile_size=1G', 'datafile_maxsize=4G', 'log_disk_size=2G', 'memory_limit=2G'];

/** How to start the kernel. */
export interface KernelOptions {
  /** The folder that holds the kernel's files and, while it runs, its data. */
  readonly cache: string;
  /** `1.4` if not given. */
  readonly name?: KernelName;
  /** A free one if not given. */
  readonly port?: number;
  /** Root's, of letters, digits, - and _. A random one if not given. */
  readonly password?: string;
  readonly say?: (line: string) => void;
}

/** A running OceanBase kernel, open to this machine only, and to nobody before root had a password. */
export interface Kernel {
  /** With root's password. */
  readonly url: string;
  /** For `mysql --defaults-extra-file=…`: user and password, for its owner's eyes only. */
  readonly defaultsFile: string;
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
  const files = await fetchKernel(options.cache, options.say, options.name);
  const runs = join(options.cache, 'runs');
  removeStaleRuns(runs);
  const port = options.port ?? (await freePort());
  if (!(await isFree(port))) throw new KernelError(`Port ${port} for the OceanBase kernel is in use.`);
  const folder = makeRunFolder(runs);
  const password = options.password ?? randomBytes(24).toString('base64url');
  const url = `mysql://root:${password}@127.0.0.1:${port}`;
  const begin = (...args: readonly string[]) => {
    const kernel = spawnKernel(files, folder.base, args);
    if (kernel.pid !== undefined) folder.own(kernel.pid);
    return kernel;
  };
  let kernel: KernelProcess | undefined;
  let isStopped = false;
  const stop = async () => {
    isStopped = true;
    await kernel?.stop();
    folder.remove();
  };
  try {
    const defaultsFile = await lockUp(folder.base, password, () => begin('--embedded'));
    kernel = begin('-P', String(port));
    const { pid, ended } = kernel;
    await untilDone(() => logIn(url), ended);
    if (pid === undefined) throw new Error('it cannot be run');
    const died = ended.then(() => (isStopped ? new Promise<string>(() => {}) : lastLines(folder.base)));
    return { url, defaultsFile, port, pid, died, stop };
  } catch (error) {
    const log = lastLines(folder.base);
    await stop();
    if (error instanceof KernelError) throw error;
    throw new KernelError(
      `The OceanBase kernel did not start (${error instanceof Error ? error.message : error}).${log}`,
    );
  }
}

/** A kernel's process. */
interface KernelProcess {
  readonly pid: number | undefined;
  readonly ended: Promise<void>;
  /** Ends it, and nothing of what it wrote. */
  stop(): Promise<void>;
}

function spawnKernel(files: KernelFiles, base: string, args: readonly string[]): KernelProcess {
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const settings = [
    ...PARAMETERS.flatMap((parameter) => ['--parameter', parameter]),
    ...firstVariables(base).flatMap((first) => ['--variable', first]),
    // At its usual level it writes some 30 MB of log a minute.
    ...['--log-level', 'ERROR'],
  ];
  const output = openSync(join(base, 'output.log'), 'a');
  const child = spawn(files.program, ['--nodaemon', ...args, '--base-dir', base, ...settings], {
    // Only the word "false" keeps the kernel from reporting its start to its makers.
    env: { ...process.env, [variable]: files.libraries.join(':'), TELEMETRY_ENABLED: 'false' },
    // Its own group, so that Ctrl-C reaches us alone and we end things in order.
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const { pid } = child;
  const endWatch = pid === undefined ? () => {} : startWatchdog(pid, base);
  const killNow = () => {
    child.kill('SIGKILL');
  };
  process.once('exit', killNow);
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && pid !== undefined) {
      child.kill('SIGTERM');
      const late = setTimeout(killNow, STOP_LIMIT_MS);
      await ended;
      clearTimeout(late);
    }
    process.off('exit', killNow);
    endWatch();
  };
  return {
    pid,
    ended,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Runs a step until it succeeds. @throws Error that says why, once the kernel has ended or the time is up */
async function untilDone<T>(step: () => Promise<T>, ended: Promise<void>): Promise<T> {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    if (gone) throw new Error('it ended at once');
    try {
      return await step();
    } catch (error) {
      if (isDenied(error)) throw new Error('another server answers at its port');
      await Promise.race([sleep(50), ended]);
    }
  }
  throw new Error(`no answer within ${START_LIMIT_MS / 1000} s`);
}

const isDenied = (error: unknown): boolean => error instanceof Error && 'errno' in error && error.errno === 1045;

async function logIn(url: string): Promise<void> {
  (await createConnection({ uri: url, connectTimeout: 2_000 })).destroy();
}

/** What a kernel wrote last, indented and ready to be put after a message; empty where it wrote nothing. */
function lastLines(base: string): string {
  const lines = ['output.log', 'log/seekdb.log'].flatMap((name) => tail(join(base, name), 8));
  return lines.length > 0 ? ` Its last lines:\n  ${lines.join('\n  ')}` : '';
}

function tail(file: string, count: number): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map((line) => line.slice(0, 300));
  } catch {
    return [];
  }
}

/** macOS takes no longer path for a socket, Linux hardly one. */
const MAX_SOCKET_PATH = 103;

/** What a kernel keeps of its own below its base folder. */
const placesOf = (base: string) => ({
  files: join(base, 'files'),
  run: join(base, 'run'),
  clients: join(base, 'run', 'seekdb.clients'),
  socket: join(base, 'run', 'sql.sock'),
  defaults: join(base, 'client.cnf'),
});

/** What it is told at its first start: root may read and write each file of the user that it runs as, unless a folder is named. */
const firstVariables = (base: string): readonly string[] => [`secure_file_priv=${placesOf(base).files}`];

/**
 * By itself a kernel listens on every address and lets root in without a password. So its first start is an embedded one,
 * reached by a socket in its own folder and by nothing else: there root gets a password, and this machine alone is invited.
 * It lives for as long as somebody holds a lock of its clients.
 *
 * @param begin - starts it embedded
 * @returns a file for `mysql --defaults-extra-file=…`, for its owner's eyes only
 * @throws KernelError
 */
async function lockUp(base: string, password: string, begin: () => KernelProcess): Promise<string> {
  const { files, run, clients, socket, defaults } = placesOf(base);
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH)
    throw new KernelError(
      `The path ${socket} is too long for a socket. Name a shorter folder: XDG_CACHE_HOME=/… npm start`,
    );
  for (const folder of [files, run]) mkdirSync(folder, { mode: 0o700 });
  writeFileSync(clients, '', { mode: 0o600 });
  writeFileSync(defaults, `[client]\nuser=root\npassword=${password}\n`, { mode: 0o600, flag: 'wx' });
  const letGo = await holdLock(clients);
  try {
    const kernel = begin();
    try {
      await untilDone(() => setPassword(socket, password), kernel.ended);
    } finally {
      await kernel.stop();
    }
  } finally {
    letGo();
  }
  return defaults;
}

async function setPassword(socketPath: string, password: string): Promise<void> {
  const connection = await createConnection({ socketPath, user: 'root', connectTimeout: 2_000 });
  connection.on('error', () => {});
  try {
    await connection.query("SET GLOBAL ob_tcp_invited_nodes = '127.0.0.1,::1'");
    // Last: whoever can log in without it may try once more.
    await connection.query(`ALTER USER root IDENTIFIED BY '${password}'`);
  } finally {
    connection.destroy();
  }
}

// Each takes the lock, says so, and keeps it until its input ends, which it does however this process ends.
const PYTHON = `import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_SH)
print('held', flush=True)
sys.stdin.read()`;
const WAYS = [
  (file: string) => ['flock', '-s', file, 'sh', '-c', 'echo held; exec cat > /dev/null'],
  (file: string) => ['python3', '-c', PYTHON, file],
  (file: string) => ['python', '-c', PYTHON, file],
] as const;

/**
 * Takes a shared lock of a file, as flock(2) does; Node has no call for it. Call the result to let it go.
 *
 * @throws KernelError where no program of this machine can
 */
async function holdLock(file: string): Promise<() => void> {
  for (const way of WAYS) {
    const [program = '', ...args] = way(file);
    const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    holder.stdin.on('error', () => {});
    const isHeld = await new Promise<boolean>((resolve) => {
      holder.stdout.once('data', () => resolve(true));
      for (const end of ['error', 'close'] as const) holder.once(end, () => resolve(false));
    });
    if (isHeld) return () => holder.kill();
  }
  throw new KernelError(
    'The OceanBase kernel is given its password before it can be reached, which takes flock or python3.',
  );
}

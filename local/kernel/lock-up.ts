import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { KernelError } from './run-command.ts';

/** macOS takes no longer path for a socket, Linux hardly one. */
const MAX_SOCKET_PATH = 103;

/** A kernel that is being begun: rejects, or resolves to nothing, once it has ended. */
export interface Begun {
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** What a kernel keeps of its own below its base folder. */
const placesOf = (base: string) => ({
  files: join(base, 'files'),
  run: join(base, 'run'),
  clients: join(base, 'run', 'seekdb.clients'),
  socket: join(base, 'run', 'sql.sock'),
  defaults: join(base, 'client.cnf'),
});

/** What it is told at its first start: root may read and write each file of the user that it runs as, unless a folder is named. */
export const firstVariables = (base: string): readonly string[] => [`secure_file_priv=${placesOf(base).files}`];

/** Runs a step until it succeeds or the kernel has ended; the kernel may take a while to answer. */
export type Retry = <T>(step: () => Promise<T>, ended: Promise<void>) => Promise<T>;

/**
 * By itself a kernel listens on every address and lets root in without a password. So its first start is an embedded one,
 * reached by a socket in its own folder and by nothing else: there root gets a password, and this machine alone is invited.
 * It lives for as long as somebody holds a lock of its clients.
 *
 * @param begin - starts it embedded
 * @returns a file for `mysql --defaults-extra-file=…`, for its owner's eyes only
 * @throws KernelError
 */
export async function lockUp(base: string, password: string, begin: () => Begun, retry: Retry): Promise<string> {
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
      await retry(() => setPassword(socket, password), kernel.ended);
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
export async function holdLock(file: string): Promise<() => void> {
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

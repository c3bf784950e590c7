import { spawn } from 'node:child_process';
import { KernelError } from './kernel-error.ts';

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

import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** Why pt-kill cannot be asked; `undefined` where it can. */
export const missing: string | undefined = (() => {
  try {
    execFileSync('pt-kill', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'pt-kill is not installed (Debian: apt install percona-toolkit)';
  }
})();

/** The IDs that pt-kill would end, in its order; above 2^63 as it prints them, below zero. */
export async function ptKill(file: string, args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('pt-kill', [
    '--test-matching',
    file,
    '--print',
    '--no-version-check',
    ...args,
  ]);
  return [...stdout.matchAll(/^# \S+ KILL (-?\d+) /gm)].map(([, id]) => id ?? '');
}

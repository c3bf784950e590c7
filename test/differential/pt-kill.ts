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

/** The values that pt-kill gives its options after reading a command line; `null` where it refuses to. */
export async function ptKillReads(args: readonly string[]): Promise<ReadonlyMap<string, string> | null> {
  const { stdout, stderr } = await promisify(execFile)('pt-kill', [...args, '--help']).catch(() => ({
    stdout: '',
    stderr: 'refused',
  }));
  const [, values] = stdout.split(/^Options and values after processing arguments:$/m);
  // What it says of a value that is none it says there, and of a time that is none nowhere else.
  if (values === undefined || stderr !== '' || stdout.includes('Errors in command-line arguments')) return null;
  return new Map(
    [...values.matchAll(/^ {2}--(\S+) +(.*)$/gm)].map(([, name = '', value = '']) => [name, value.trim()]),
  );
}

/** Every option of pt-kill by its own help: its name, and whether it can be negated. */
export function ptKillOptions(): readonly { readonly name: string; readonly isNegatable: boolean }[] {
  const help = execFileSync('pt-kill', ['--help'], { encoding: 'utf8' }).split('Option types:')[0] ?? '';
  return [...help.matchAll(/^ {2}--(\[no\])?([\w-]+)/gm)].map(([, no, name = '']) => ({
    name,
    isNegatable: no !== undefined,
  }));
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process began, as text that only that process has: a process ID alone is handed out again. `undefined` where
 * no such process lives.
 */
export function startOf(pid: number): string | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return askPs(pid, 'lstart=');
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

/** The process that began a process and still lives, or `undefined`. */
export function parentOf(pid: number): number | undefined {
  const stat = readProc(pid, 'stat');
  const text = stat === undefined ? askPs(pid, 'ppid=') : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return Number(text) > 0 ? Number(text) : undefined;
}

/** A process's program and arguments, or `undefined` where no such process lives. */
export function commandOf(pid: number): string | undefined {
  const command = readProc(pid, 'cmdline');
  return command === undefined ? askPs(pid, 'args=') : command.replaceAll('\0', ' ').trim() || undefined;
}

/** Is it running, and does its command line hold this text? */
export const isRunning = (pid: number, text: string): boolean => commandOf(pid)?.includes(text) ?? false;

function readProc(pid: number, name: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function askPs(pid: number, column: string): string | undefined {
  if (process.platform === 'linux') return undefined;
  try {
    const args = ['-ww', '-o', column, '-p', String(pid)];
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}

import { spawn } from 'node:child_process';

// Reads until the pipe from its parent closes, which it does however the parent ends, kill -9 included.
const SCRIPT = `
while read -r _; do :; done
command=$(tr '\\0' ' ' 2>/dev/null < "/proc/$1/cmdline" || ps -ww -o args= -p "$1")
case $command in *"$2"*) kill -9 "$1" ;; esac
n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 5 ]; do sleep 1; n=$((n + 1)); done
rm -rf "$2" "$2.json"
`;

/**
 * Sees to it that a kernel does not outlive this process: when this process is gone it kills the process, if its command
 * line holds `base`, and removes `base` with its note. Call the result once the kernel was ended in an orderly way.
 */
export function startWatchdog(pid: number, base: string): () => void {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'session-warden-watchdog', String(pid), base], {
    // A group of its own, so that a Ctrl-C or the end of the terminal does not take it along.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {}); // without it the next start cleans up
  child.unref();
  if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return () => child.kill('SIGKILL');
}

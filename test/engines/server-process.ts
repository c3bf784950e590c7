import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startWatchdog } from '../../local/kernel/process-table.ts';

const START_LIMIT_MS = 100_000;
const STOP_LIMIT_MS = 20_000;

/** Runs a program to its end and resolves to what it printed. Rejects when it fails or is not there. */
export const run = promisify(execFile);

/** How to start a server in a folder of its own. Its arguments must name the folder. */
export interface ServerOptions {
  readonly base: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Resolves once the server answers; is called until it does. */
  readonly check: () => Promise<void>;
}

/** How a server ended that nobody had told to. */
export interface Crash {
  /** The path of its log, with what it said of itself. It goes away with the server's folder. */
  readonly log: string;
  readonly signal: NodeJS.Signals | null;
}

/** A server that was started here. */
export interface ServerProcess {
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash does, starts it again on the same data, and waits until it answers. */
  crash(): Promise<void>;
  /** Calls the listener, the last one given, whenever it ends without having been told to here. */
  onCrash(listener: (crash: Crash) => void): void;
  /** Starts it on the same data after it has crashed, and waits until it answers. */
  restart(): Promise<void>;
  /** Of the process that runs now, or ran last. */
  pid(): number;
}

/** Starts a server and waits until it answers. It ends with this process, however that ends. */
export async function startServer({ base, program, args, check }: ServerOptions): Promise<ServerProcess> {
  const log = join(base, 'server.log');
  const begin = () => {
    const output = openSync(log, 'a');
    const child = spawn(program, args, { stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    child.once('exit', (_, signal) => {
      if (!isMeant) tell({ log, signal });
    });
    const endWatch = child.pid === undefined ? () => {} : startWatchdog(child.pid, base);
    return { child, ended, endWatch };
  };
  let isMeant = false;
  let tell: (crash: Crash) => void = () => {};
  let now = begin();
  let isStopped = false;
  const stop = async () => {
    isStopped = true;
    isMeant = true;
    await end(now.child, now.ended);
    now.endWatch();
    await rm(base, { recursive: true, force: true });
  };
  const restart = async () => {
    await now.ended;
    now.endWatch();
    now = begin();
    await answering(check, now.child);
  };
  const crash = async () => {
    if (isStopped) return;
    isMeant = true;
    now.child.kill('SIGKILL');
    await restart();
    isMeant = false;
  };
  try {
    await answering(check, now.child);
    const onCrash = (listener: typeof tell) => {
      tell = listener;
    };
    return { stop, crash, restart, onCrash, pid: () => now.child.pid ?? 0 };
  } catch (error) {
    const lines = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ');
    await stop();
    throw new Error(`${program} did not start:\n  ${lines}`, { cause: error });
  }
}

async function answering(check: () => Promise<void>, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (isOver(child) || Date.now() > until) throw error;
      await sleep(100);
    }
  }
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (isOver(child)) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(late);
}

const isOver = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

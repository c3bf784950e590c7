import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { run } from '../engines/server-process.ts';
import { startEngine } from '../engines/servers.ts';
import type { Measured } from './measured.ts';

const DAEMONS = 6;
const INTERVAL_SECONDS = 2;
const START_MS = 6_000;
const LOOKS = 10;

/** Milliseconds of processor that a process has used. */
const processorOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

/** Bytes of memory of a process, what it shares with others counted by its part. */
function memoryOf(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

/** Some pt-kills that watch one server with the same rule: memory of each, and processor for each look. Linux only. */
export async function measurePtKill(): Promise<Measured['ptKill']> {
  const { stdout } = await run('pt-kill', ['--version']);
  const version = /[\d.]+/.exec(stdout)?.[0] ?? 'unknown';
  // Those that it knows; the kernel is taken where there is nothing else.
  for (const name of ENGINE_NAMES.toReversed()) {
    const engine = await startEngine(name);
    if (engine.url === undefined) continue;
    const { hostname, port, username, password } = new URL(engine.url);
    const rule = ['--match-user', 'warden_sim', '--match-command', 'Sleep', '--victims', 'all', '--kill'];
    const where = [
      '--host',
      hostname,
      '--port',
      port,
      '--user',
      username,
      ...(password === '' ? [] : ['--password', password]),
      '--no-version-check',
    ];
    const daemons = Array.from({ length: DAEMONS }, () =>
      spawn('pt-kill', [...where, ...rule, '--interval', String(INTERVAL_SECONDS)], { stdio: 'ignore' }),
    );
    try {
      const pids = daemons.flatMap(({ pid }) => pid ?? []);
      await sleep(START_MS);
      const before = pids.map(processorOf);
      await sleep(INTERVAL_SECONDS * LOOKS * 1000);
      const used = pids.map((pid, place) => processorOf(pid) - (before[place] ?? 0));
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      return {
        version,
        bytes: Math.round(mean(pids.map(memoryOf))),
        cpuEachLook: mean(used) / LOOKS,
        daemons: pids.length,
      };
    } finally {
      for (const daemon of daemons) daemon.kill('SIGKILL');
      await engine.stop();
    }
  }
  throw new Error('there is no server for pt-kill to watch');
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandOf, isRunning, startOf } from '../../../../local/kernel/process-table.ts';
import { makeRunFolder, removeStaleRuns } from '../../../../local/kernel/run-folder.ts';

const NOBODY = 2 ** 22 + 1; // above the highest process ID of Linux and macOS

let runs: string;
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'warden-runs-'));
});
afterEach(() => rmSync(runs, { recursive: true, force: true }));

/** A process that sleeps and bears `argument` in its command line. */
async function sleeper(argument: string) {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', argument], { stdio: 'ignore' });
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, gone: once(child, 'exit'), kill: () => child.kill('SIGKILL') };
}

function leaveRun(name: string, note: object) {
  const base = join(runs, name);
  mkdirSync(join(base, 'store'), { recursive: true });
  writeFileSync(`${base}.json`, JSON.stringify({ host: hostname(), pid: NOBODY, start: '1', ...note }));
  return base;
}

describe('removeStaleRuns', () => {
  it('lets the runs of living processes be', () => {
    const run = makeRunFolder(runs);
    removeStaleRuns(runs);
    expect(existsSync(run.base)).toBe(true);
    run.remove();
    expect([existsSync(run.base), existsSync(run.note)]).toEqual([false, false]);
  });

  it('ends the kernel of a dead owner and removes its folder', async () => {
    const base = join(runs, 'run-0123456789ab');
    const kernel = await sleeper(base);
    leaveRun('run-0123456789ab', { kernel: kernel.pid });
    removeStaleRuns(runs);
    await kernel.gone;
    expect([existsSync(base), existsSync(`${base}.json`)]).toEqual([false, false]);
  });

  it('finds the kernel by its own note where its owner died before writing one', async () => {
    const base = leaveRun('run-0123456789ab', {});
    const kernel = await sleeper(base);
    mkdirSync(join(base, 'run'));
    writeFileSync(join(base, 'run', 'seekdb.pid'), `${kernel.pid}\n`);
    removeStaleRuns(runs);
    await kernel.gone;
  });

  it('kills no process that was given the ID of the kernel since', async () => {
    const other = await sleeper('innocent');
    const base = leaveRun('run-0123456789ab', { kernel: other.pid });
    removeStaleRuns(runs);
    expect(existsSync(base)).toBe(false);
    expect(isRunning(other.pid, 'innocent')).toBe(true);
    other.kill();
    await other.gone;
  });

  it('is not fooled by a process that was given the ID of the owner since', () => {
    const base = leaveRun('run-0123456789ab', { pid: process.pid, start: 'earlier' });
    removeStaleRuns(runs);
    expect(existsSync(base)).toBe(false);
  });

  it('lets the runs of other machines, and what is no run, be', () => {
    const base = leaveRun('run-0123456789ab', { host: 'another' });
    mkdirSync(join(runs, 'mine'));
    removeStaleRuns(runs);
    expect([existsSync(base), existsSync(join(runs, 'mine'))]).toEqual([true, true]);
  });

  it.each(['', '{', '{"pid":-1}'])('removes a run whose note is %j', (note) => {
    const base = leaveRun('run-0123456789ab', {});
    writeFileSync(`${base}.json`, note);
    removeStaleRuns(runs);
    expect(existsSync(base)).toBe(false);
  });
});

describe('the process table', () => {
  it('knows this process and no other as this one', () => {
    expect(startOf(process.pid)).toBe(startOf(process.pid));
    expect(startOf(NOBODY)).toBeUndefined();
    expect(commandOf(NOBODY)).toBeUndefined();
    expect(JSON.parse(readFileSync(makeRunFolder(runs).note, 'utf8'))).toMatchObject({ start: startOf(process.pid) });
  });
});

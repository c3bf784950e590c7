import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isRunning, startOf } from './process-table.ts';

const ownerSchema = z.object({
  host: z.string(),
  pid: z.number().int().positive(),
  start: z.string(),
  kernel: z.number().int().positive().optional(),
});
type Owner = z.infer<typeof ownerSchema>;

/** The folder of one run of the kernel, and beside it the note on whose it is. */
export interface RunFolder {
  /** The kernel's base folder; its name is in the kernel's command line and in no other. */
  readonly base: string;
  readonly note: string;
  /** Notes the kernel's process ID. */
  own(kernel: number): void;
  /** Removes folder and note. */
  remove(): void;
}

/** Makes a new folder below `runs`. Every run has its own, because one that a crash left may not start again. */
export function makeRunFolder(runs: string): RunFolder {
  mkdirSync(runs, { recursive: true, mode: 0o700 });
  const base = join(runs, `run-${randomBytes(6).toString('hex')}`);
  const note = `${base}.json`;
  const owner = { host: hostname(), pid: process.pid, start: startOf(process.pid) ?? '' };
  const write = (text: string) => {
    writeFileSync(`${note}.new`, text);
    renameSync(`${note}.new`, note);
  };
  // The note first: a folder without one counts as left over.
  write(JSON.stringify(owner));
  // Its socket lets in whoever reaches it.
  mkdirSync(base, { mode: 0o700 });
  return {
    base,
    note,
    own: (kernel) => write(JSON.stringify({ ...owner, kernel })),
    remove: () => removeRun(base),
  };
}

/** Ends kernels whose owner died without ending them, and removes their folders. Those of other machines are let be. */
export function removeStaleRuns(runs: string): void {
  for (const name of list(runs)) {
    if (!/^run-[0-9a-f]{12}(\.json)?$/.test(name)) continue;
    const base = join(runs, name.replace(/\.json$/, ''));
    const owner = readOwner(`${base}.json`);
    if (owner && (owner.host !== hostname() || startOf(owner.pid) === owner.start)) continue;
    const kernel = owner?.kernel ?? readPid(join(base, 'run', 'seekdb.pid'));
    try {
      if (kernel && isRunning(kernel, base)) process.kill(kernel, 'SIGKILL');
      removeRun(base);
    } catch {
      // Another user's, or another start is just removing it: a new run does not depend on it.
    }
  }
}

function removeRun(base: string): void {
  // A kernel that is just being killed may still write.
  rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  rmSync(`${base}.json`, { force: true });
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOwner(note: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(readFileSync(note, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

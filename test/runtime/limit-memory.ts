import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where cgroups for memory are made, and the files that hold a limit, the first of which must be there: version 1 and 2. */
const PLACES = [
  { root: '/sys/fs/cgroup/memory', limits: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'] },
  { root: '/sys/fs/cgroup', limits: ['memory.max', 'memory.swap.max'] },
] as const;

/** A group of processes that the kernel kills one of where they hold more than their memory. */
export interface MemoryLimit {
  /** A process enters by its ID in `cgroup.procs`. */
  readonly folder: string;
  /** Once its last process has ended. */
  readonly remove: () => void;
}

/**
 * Makes a group that may hold so many megabytes, heap and all else, as Lambda counts: V8's own limit knows its heap only, and
 * `ulimit -v` counts addresses, of which V8 reserves gigabytes. Nothing where the machine lets nobody make one.
 */
export function limitMemory(megabytes: number): MemoryLimit | undefined {
  for (const { root, limits } of PLACES) {
    const folder = join(root, `session-warden-${randomUUID()}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    const remove = () => rmdirSync(folder);
    try {
      const [first] = limits;
      // Swap is counted where the kernel was told to.
      for (const file of limits)
        if (file === first || existsSync(join(folder, file)))
          writeFileSync(join(folder, file), file === 'memory.swap.max' ? '0' : String(megabytes * 2 ** 20));
      return { folder, remove };
    } catch {
      remove();
    }
  }
  return undefined;
}

/** Why {@link limitMemory} limits nothing here, or `undefined` where it does. */
export function whyUnlimited(): string | undefined {
  const probe = limitMemory(64);
  probe?.remove();
  return probe === undefined ? 'no cgroup can be made here, so V8 alone limits the heap' : undefined;
}

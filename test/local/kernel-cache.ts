import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir, fetchKernel, KernelError } from '../../local/kernel/fetch-kernel.ts';

/** A cache folder of the tests' own with the kernel in it, or why this machine can run none. */
export async function kernelCache(): Promise<{ readonly cache: string; readonly noKernel?: string }> {
  const cache = mkdtempSync(join(tmpdir(), 'warden-start-'));
  try {
    await fetchKernel(cacheDir());
    // Only what runs is the tests' own: the kernel itself need not be fetched for each.
    mkdirSync(join(cache, 'session-warden'));
    symlinkSync(join(cacheDir(), 'kernel'), join(cache, 'session-warden', 'kernel'));
    return { cache };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { cache, noKernel: error.message };
  }
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';

const lockSchema = z.object({
  packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional(), inBundle: z.boolean().optional() })),
});

/** What package-lock.json names besides the project itself, by path: all of it, and what of it no checksum stands for. */
export function lockedPackages(): { readonly all: readonly string[]; readonly withoutChecksum: readonly string[] } {
  const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
  const entries = Object.entries(lockSchema.parse(JSON.parse(text)).packages).filter(([path]) => path !== '');
  // What is in another package's archive is held by that one's checksum.
  const without = entries.filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'));
  return { all: entries.map(([path]) => path), withoutChecksum: without.map(([path]) => path) };
}

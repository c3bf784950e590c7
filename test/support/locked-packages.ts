import { readFileSync } from 'node:fs';
import { z } from 'zod';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      integrity: z.string().optional(),
      inBundle: z.boolean().optional(),
      link: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

/** What package-lock.json names besides the project itself, by path. */
export interface LockedPackages {
  readonly all: readonly string[];
  /** What no checksum stands for. */
  readonly withoutChecksum: readonly string[];
  /** What would run something when it is installed. */
  readonly withScript: readonly string[];
}

/** Reads package-lock.json. */
export function lockedPackages(): LockedPackages {
  const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
  const entries = Object.entries(lockSchema.parse(JSON.parse(text)).packages).filter(
    // A folder of the project comes with the checkout, and so does the link to it.
    ([path, { link }]) => path.includes('node_modules/') && !link,
  );
  // What is in another package's archive is held by that one's checksum.
  const without = entries.filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'));
  const withScript = entries.filter(([, { hasInstallScript }]) => hasInstallScript);
  const paths = (some: typeof entries) => some.map(([path]) => path);
  return { all: paths(entries), withoutChecksum: paths(without), withScript: paths(withScript) };
}

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A folder of a cache, made the first time that it is asked for.
 *
 * @param file what must be in it
 * @param fill makes the content, in a folder that is renamed to its place then
 * @returns the folder
 * @throws whatever `fill` throws
 */
export async function installOnce(
  cache: string,
  name: string,
  file: string,
  fill: (draft: string) => Promise<unknown>,
): Promise<string> {
  const home = join(cache, name);
  if (existsSync(join(home, file))) return home;
  mkdirSync(cache, { recursive: true });
  // Made aside and renamed, so that neither a run that was cut off nor one at the same time leaves half of it.
  const draft = mkdtempSync(join(cache, `${name}-`));
  try {
    await fill(draft);
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(join(home, file))) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return home;
}

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const run = promisify(execFile);

/**
 * The interpreter of a virtual environment that has a package of PyPI, made in `.cache` the first time. Run what it has
 * with `-m`: the scripts beside it name the folder where they were made.
 *
 * @throws Error without python3, its venv, or a way to PyPI; the last line of its message says which
 */
export async function pythonTool(name: string, requirement: string): Promise<string> {
  const home = join(CACHE, name);
  const python = join('bin', 'python');
  if (existsSync(join(home, python))) return join(home, python);
  mkdirSync(CACHE, { recursive: true });
  // Made aside and renamed, so that neither a run that was cut off nor one at the same time leaves half of it.
  const draft = mkdtempSync(join(CACHE, `${name}-`));
  try {
    await run('python3', ['-m', 'venv', draft]);
    await run(join(draft, python), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(join(home, python))) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(home, python);
}

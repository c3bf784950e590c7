import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installOnce } from './install-once.ts';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const run = promisify(execFile);

/**
 * The interpreter of a virtual environment that has a package of PyPI, made in `.cache` the first time. Run what it has
 * with `-m`: the scripts beside it name the folder where they were made.
 *
 * @throws Error without python3, its venv, or a way to PyPI; the last line of its message says which
 */
export async function pythonTool(name: string, requirement: string): Promise<string> {
  const python = join('bin', 'python');
  const home = await installOnce(CACHE, name, python, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    await run(join(draft, python), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
  });
  return join(home, python);
}

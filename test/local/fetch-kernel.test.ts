import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cacheDir, fetchKernel } from '../../local/kernel/fetch-kernel.ts';

let cache: string;
let programs: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'warden-cache-'));
  programs = join(cache, 'programs');
  mkdirSync(programs);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

/** Lets only this `python3` be found, a shell script that gets pip's arguments. */
function onlyPython(script?: string) {
  if (script !== undefined) {
    writeFileSync(join(programs, 'python3'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, 'python3'), 0o755);
  }
  vi.stubEnv('PATH', programs);
}
const left = () => readdirSync(join(cache, 'kernel'));

it('says what to install where there is no pip', async () => {
  onlyPython();
  await expect(fetchKernel(cache)).rejects.toThrow(/no pip here.*python3-pip.*DATABASE_URL=/s);
  expect(left()).toEqual([]);
});

it('shows what pip said when it failed', async () => {
  onlyPython('case $* in *--version) exit 0;; esac; echo "ERROR: no such thing" >&2; exit 1');
  await expect(fetchKernel(cache)).rejects.toThrow(/could not fetch.*ERROR: no such thing.*DATABASE_URL=/s);
  expect(left()).toEqual([]);
});

it('throws away a wheel that is not the one we know', async () => {
  onlyPython(`case $* in *--version) exit 0;; esac
while [ "$1" != -d ]; do shift; done
/bin/mkdir -p "$2"; echo other > "$2/pylibseekdb.whl"`);
  await expect(fetchKernel(cache)).rejects.toThrow('SHA-256 differs');
  expect(left()).toEqual([]);
});

it('fetches once, also when two ask at once, and then needs no pip', async (context) => {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
  } catch {
    context.skip('pip is not installed');
  }
  const [one, other] = await Promise.all([fetchKernel(cache), fetchKernel(cache)]);
  expect(other).toEqual(one);
  onlyPython();
  await expect(fetchKernel(cache)).resolves.toEqual(one);
  expect(left()).toHaveLength(1);
});

it('keeps the cache where the platform wants it', () => {
  expect(cacheDir({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/session-warden');
  expect(cacheDir({ XDG_CACHE_HOME: 'x' }, 'linux')).toMatch(/\/\.cache\/session-warden$/);
  expect(cacheDir({}, 'darwin')).toMatch(/\/Library\/Caches\/session-warden$/);
});

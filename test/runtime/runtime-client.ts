import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../../local/kernel/fetch-kernel.ts';
import { installOnce } from '../support/install-once.ts';

const VERSION = '4.0.2';
const run = promisify(execFile);

/**
 * Lambda's own client for Node, which fetches events and calls the handler. It is built from the registry's package into the
 * cache folder the first time, in about 40 seconds. `skipped` says why where the machine cannot: it builds on Linux only,
 * with a compiler and cmake; and a read-only file system takes root.
 */
export async function installRuntimeClient(): Promise<{ readonly file?: string; readonly skipped?: string }> {
  try {
    if (process.platform !== 'linux') throw new Error('it needs Linux');
    await run('unshare', ['-m', 'mount', '--make-rprivate', '/']);
    return { file: await install() };
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : error;
    return { skipped: `Lambda's runtime client does not run here: ${why}` };
  }
}

async function install(): Promise<string> {
  const file = 'node_modules/aws-lambda-ric/index.mjs';
  const home = await installOnce(cacheDir(), `aws-lambda-ric-${VERSION}`, file, async (draft) => {
    const allowScripts = { 'aws-lambda-ric': true };
    writeFileSync(join(draft, 'package.json'), JSON.stringify({ private: true, allowScripts }));
    await run('npm', ['install', '--no-audit', '--no-fund', `aws-lambda-ric@${VERSION}`], { cwd: draft });
  });
  return join(home, file);
}

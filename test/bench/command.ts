import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleCommand, inFolder } from './bundles.ts';
import { alternating, type Measured } from './figures.ts';
import { ptKillVersion } from './pt-kill.ts';

const SOURCES = join(import.meta.dirname, '../../bin/warden.js');

async function timed(program: string, args: readonly string[]): Promise<number> {
  const before = performance.now();
  await promisify(execFile)(program, args, { maxBuffer: 2 ** 24 });
  return performance.now() - before;
}

/** How long the command takes to say what it can do: as the package brings it, and from a checkout's sources; beside pt-kill's. */
export async function benchCommand({ pairs }: { readonly pairs: number }): Promise<readonly Measured[]> {
  const peer = `${await ptKillVersion()} --help`;
  return inFolder(async (folder) => {
    const measure = async (what: string, file: string): Promise<Measured> => {
      const taken = await alternating(
        pairs,
        () => timed(process.execPath, ['--disable-warning=ExperimentalWarning', file, '--help']),
        () => timed('pt-kill', ['--help']),
      );
      return { what, server: null, peer, ...taken, aim: { ms: 350 } };
    };
    return [
      await measure('warden --help, of the package', await bundleCommand(folder)),
      await measure('warden --help, of a checkout', SOURCES),
    ];
  });
}

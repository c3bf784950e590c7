import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildBundles } from './build-bundles.ts';
import { slimDriver } from './bundling/slim-driver.ts';
import { BUNDLING } from './bundling.ts';
import { packBundles } from './packed-bundles.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** The command reads warden.yaml, which functions do not, and never asks AWS. */
const COMMAND = { plugins: [slimDriver], external: ['@aws-sdk/*'] };

/**
 * Makes `dist/`, which is what the package holds: the construct as JavaScript with its types, the bundle of every function,
 * and the command. Node takes no TypeScript from node_modules, and whoever deploys the package deploys the bundles that were
 * tested, with no bundler and none of their dependencies installed.
 */
async function buildPackage(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  const bundles = join(dist, 'unpacked');
  await Promise.all([
    buildBundles(bundles),
    build({ ...BUNDLING, ...COMMAND, entryPoints: [join(root, 'local/cli/warden.ts')], outdir: join(dist, 'cli') }),
  ]);
  packBundles(bundles, join(dist, 'bundles'));
  rmSync(bundles, { recursive: true });
}

if (import.meta.main) await buildPackage();

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildConsole } from '../console/build.ts';
import { cycloneDx, licenceTexts, type Shipped, shippedIn } from './bill-of-materials.ts';
import { consoleFiles } from './bundling/console-files.ts';
import { globalProcess } from './bundling/global-process.ts';
import { readOnce } from './bundling/read-once.ts';
import { slimDriver } from './bundling/slim-driver.ts';
import { withoutClients } from './bundling/without-clients.ts';
import { BUNDLING, buildBundles } from './bundling.ts';
import { packBundles } from './function-code.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** The command reads warden.yaml, which functions do not, and asks no service of AWS. */
export const COMMAND = { plugins: [slimDriver, globalProcess, readOnce, withoutClients, consoleFiles] };

/** Bundles every function and the command, both with the console, and tells what is in them. */
async function bundle(bundles: string, command: string): Promise<readonly Shipped[]> {
  const entryPoints = [join(root, 'local/cli/warden.ts')];
  const [functions, { metafile }, built] = await Promise.all([
    buildBundles(bundles),
    build({ ...BUNDLING, ...COMMAND, entryPoints, outdir: command }),
    buildConsole(),
  ]);
  return shippedIn([...functions, metafile, built.metafile]);
}

/**
 * Makes `dist/`, which is what the package holds: the construct as JavaScript with its types, the bundle of every function,
 * the command, what they are made of, and the licences of that. Node takes no TypeScript from node_modules,
 * and a team that deploys the package deploys the bundles that were tested, with no bundler and none of their dependencies
 * installed.
 */
async function buildPackage(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  const bundles = join(dist, 'unpacked');
  const shipped = await bundle(bundles, join(dist, 'cli'));
  packBundles(bundles, join(dist, 'bundles'));
  rmSync(bundles, { recursive: true });
  writeFileSync(join(dist, 'sbom.cdx.json'), cycloneDx(shipped));
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenceTexts(shipped));
}

/** The bill of materials of what would be built now, in CycloneDX. */
async function billOfMaterials(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-sbom-'));
  try {
    return cycloneDx(await bundle(join(folder, 'functions'), join(folder, 'command')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  if (process.argv.includes('--sbom')) process.stdout.write(await billOfMaterials());
  else await buildPackage();
}

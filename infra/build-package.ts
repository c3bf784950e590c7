import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { buildConsole } from '../console/build.ts';
import { cycloneDx, licenceTexts, shippedIn } from './bill-of-materials.ts';
import { consoleFiles, globalProcess, readOnce, slimDriver, withoutClients } from './bundling/plugins.ts';
import { BUNDLING, buildBundles } from './bundling.ts';
import { packBundles } from './function-code.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** The oldest Node that `engines` names; functions run on Lambda's. */
const OLDEST_NODE = 'node22.18';

/** Where functions lie before those of their pieces that are the same are put together. */
const UNPACKED = 'unpacked';

/** The command reads warden.yaml, which functions do not, and asks no service of AWS. */
export const COMMAND = {
  target: OLDEST_NODE,
  plugins: [slimDriver, globalProcess, readOnce, withoutClients, consoleFiles],
};

/**
 * The construct as one file of CommonJS, as CDK itself is: Jest runs it, `import` and `require` give one and the same class,
 * and an app installs nothing else for it. CDK is the app's own, of which there must be one copy.
 */
const CONSTRUCT = {
  entryPoints: { index: join(root, 'infra/index.ts') },
  bundle: true,
  platform: 'node',
  target: OLDEST_NODE,
  format: 'cjs',
  external: ['aws-cdk-lib', 'constructs'],
  define: { 'import.meta.dirname': '__dirname' },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Bundles every function and the command, both with the console, and the construct into a folder. @returns esbuild's accounts of what is in them */
export async function bundlePackage(folder: string): Promise<readonly Metafile[]> {
  const command = [join(root, 'local/cli/warden.ts')];
  const [functions, cli, construct, built] = await Promise.all([
    buildBundles(join(folder, UNPACKED)),
    build({ ...BUNDLING, ...COMMAND, entryPoints: command, outdir: join(folder, 'cli') }),
    build({ ...CONSTRUCT, outdir: join(folder, 'infra') }),
    buildConsole(),
  ]);
  return [...functions, cli.metafile, construct.metafile, built.metafile];
}

/** Writes the types of the construct, those of its modules that its own lead to. */
function writeTypes(): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  const needed = new Set<string>();
  const follow = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, other = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)\.ts'/g))
      follow(join(dirname(file), `${other}.d.ts`));
  };
  follow(join(dist, 'infra/index.d.ts'));
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((name) => join(dist, name)))
    if (file.endsWith('.d.ts') && !needed.has(file)) rmSync(file);
}

/**
 * Makes `dist/`, which is what the package holds: the construct with its types, the bundle of every function, the command
 * and the console, what they are made of, and the licences of that. Node takes no TypeScript from node_modules, and a team
 * that deploys the package deploys the bundles that were tested, with no bundler and none of their dependencies installed.
 */
async function buildPackage(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  writeTypes();
  // The package's own modules are ESM, and so are bundles, by their names; the construct and its types are CommonJS.
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
  const shipped = shippedIn(await bundlePackage(dist));
  packBundles(join(dist, UNPACKED), join(dist, 'bundles'));
  rmSync(join(dist, UNPACKED), { recursive: true });
  writeFileSync(join(dist, 'sbom.cdx.json'), cycloneDx(shipped));
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenceTexts(shipped));
}

/** The bill of materials of what would be built now, in CycloneDX. */
async function billOfMaterials(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'warden-sbom-'));
  try {
    return cycloneDx(shippedIn(await bundlePackage(folder)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  if (process.argv.includes('--sbom')) process.stdout.write(await billOfMaterials());
  else await buildPackage();
}

import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { CHAT_ROUTES, CHAT_WORKERS, ROUTES, SCHEDULED } from '../../functions/routes.ts';
import { BUNDLING } from '../../infra/bundling.ts';
import { loadedAtOnce, packagesOf } from '../support/bundle-contents.ts';

/** A bundle to be measured. */
export interface Bundle {
  readonly name: string;
  /** Its first file. */
  readonly file: string;
  /** Bytes that are read before the handler is there, and of the whole folder. */
  readonly atOnce: number;
  readonly total: number;
  /** What is read at once, the largest first. */
  readonly packages: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const ROOT = join(import.meta.dirname, '../..');
const KILL = 'kill-connection';

/** Where each function's `load` of its services stands; the others use `services`. */
const LOADERS: Readonly<Record<string, readonly [file: string, name: string] | undefined>> = {
  'plan-reaps': ['planner-services', 'plannerServices'],
  'list-audit': ['outside-services', 'outsideServices'],
  'reap-target': ['fleet-services', 'fleetServices'],
  'run-command': ['command-services', 'commandServices'],
  'chat-worker': ['worker-services', 'workerServices'],
};

/** A function, and its services as `init`: the deployed bundle with one more export. */
function entryOf(name: string): string {
  if (CHAT_ROUTES.some((route) => route.name === name))
    return `export { handler } from './functions/${name}.ts';
      import { ${name} } from './lib/chatops/channels/${name}/about.ts';
      import { receiverServices } from './functions/wiring/receiver-services.ts';
      export const init = receiverServices(${name});`;
  const [file, loader] = LOADERS[name] ?? ['deployed-services', 'services'];
  const init = name === 'get-openapi' ? '' : `export { ${loader} as init } from './functions/wiring/${file}.ts';`;
  return `export { handler } from './functions/${name}.ts'; ${init}`;
}

/** The least that could do this job, as people write it: reads its secret, connects and lists. Bundled as CDK does it unless told otherwise. */
const PLAIN = `import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import mysql from 'mysql2/promise';
const secrets = new SecretsManagerClient({});
export const handler = async () => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: process.env.SECRET }));
  const { host, port, username, password } = JSON.parse(SecretString);
  const connection = await mysql.createConnection({ host, port, user: username, password });
  const [rows] = await connection.query('SHOW FULL PROCESSLIST');
  await connection.end();
  return rows;
};`;

async function bundle(folder: string, name: string, contents: string, how: BuildOptions, env = {}): Promise<Bundle> {
  const outdir = join(folder, name.replaceAll(/\W+/g, '-'));
  const stdin = { contents, resolveDir: ROOT, loader: 'ts' as const, sourcefile: 'entry.ts' };
  const options = { ...how, stdin, outdir, absWorkingDir: ROOT, metafile: true as const };
  const { metafile }: { metafile: Metafile } = await build(options);
  const { bytes, inputs, file } = loadedAtOnce(metafile);
  const total = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  const packages = packagesOf(inputs)
    .slice(0, 5)
    .map(([of, size]) => `${of} ${Math.round(size / 1000)}`);
  return { name, file: join(ROOT, file), atOnce: bytes, total, packages, env };
}

/** The handler that the others are measured against. */
export const plainBundle = (folder: string): Promise<Bundle> =>
  bundle(folder, 'plain handler', PLAIN, { ...BUNDLING, plugins: [], splitting: false });

const NAMES: readonly string[] = [
  ...[...ROUTES, ...CHAT_ROUTES].map(({ name }) => name),
  ...SCHEDULED,
  ...CHAT_WORKERS,
];

/** Every function, or those that are named. */
export const bundlesOf = (folder: string, names = NAMES): Promise<readonly Bundle[]> =>
  Promise.all(names.map((name) => bundle(folder, name, entryOf(name), BUNDLING)));

const without = (plugin: string): BuildOptions => ({
  ...BUNDLING,
  plugins: BUNDLING.plugins.filter(({ name }) => name !== plugin),
});

/** The kill with each lever taken back by itself, and with all of them. */
export async function leverBundles(folder: string): Promise<readonly Bundle[]> {
  const { banner: _, ...cjs } = {
    ...BUNDLING,
    splitting: false,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  } as const;
  const levers: readonly (readonly [name: string, how: BuildOptions, env?: NodeJS.ProcessEnv])[] = [
    ['as deployed', BUNDLING],
    ['in one file, ESM', { ...BUNDLING, splitting: false }],
    ['in one file, CommonJS', cjs],
    ['not minified', { ...BUNDLING, minify: false }],
    ['the whole driver', without('slim-driver')],
    ['able to read YAML', without('deployed-config')],
    ['CommonJS read twice', without('read-once')],
    ['node:process imported by name', without('global-process')],
    ['without any lever', { ...BUNDLING, plugins: [], splitting: false }],
    ['with a warm compile cache', BUNDLING, { NODE_COMPILE_CACHE: join(folder, 'compile-cache') }],
  ];
  return Promise.all(levers.map(([name, how, env]) => bundle(folder, `kill ${name}`, entryOf(KILL), how, env)));
}

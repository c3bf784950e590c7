import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { parseAst } from 'vite';
import { buildConsole } from '../../console/build.ts';

const ICONV = join(import.meta.dirname, 'iconv-lite.ts');
const isDriver = (path: string): boolean => /[\\/]node_modules[\\/]mysql2[\\/]/.test(path);

/** mysql2's names of server errors, both ways, taken apart when the first error arrives. */
function lazyNames(path: string): string {
  const names = createRequire(import.meta.url)(path) as Readonly<Record<string, string | number>>;
  const numbers = Object.entries(names).filter(([, number]) => typeof number === 'number');
  // Some numbers have several names; the last one counts, so the one that the driver gives comes last.
  const pairs = numbers.toSorted(([a, x], [b, y]) => Number(names[x] === a) - Number(names[y] === b)).map(String);
  return `let names;
const read = () => {
  names = {};
  for (const pair of ${JSON.stringify(pairs.join(' '))}.split(' ')) {
    const [name, number] = pair.split(',');
    names[name] = Number(number);
    names[number] = name;
  }
  return names;
};
module.exports = new Proxy({}, { get: (_, key) => (names ?? read())[key] });`;
}

/**
 * Leaves out of mysql2 what no connection of ours needs, which is 80 % of its bytes and a third of its loading time:
 * iconv-lite's tables (Node's decoders take their place), its own copy of the RDS certificates (the profile
 * 'Amazon RDS' is then unknown to it, and it says so), and the parsing of 4,000 names of errors at load.
 */
export const slimDriver: Plugin = {
  name: 'slim-driver',
  setup(build) {
    build.onResolve({ filter: /^iconv-lite$/ }, ({ importer }) => (isDriver(importer) ? { path: ICONV } : undefined));
    build.onLoad({ filter: /mysql2[\\/]lib[\\/]constants[\\/]ssl_profiles\.js$/ }, () => ({
      contents: 'module.exports = {};',
    }));
    build.onLoad({ filter: /mysql2[\\/]lib[\\/]constants[\\/]errors\.js$/ }, ({ path }) => ({
      contents: lazyNames(path),
    }));
  },
};

/**
 * Takes the global for `node:process`, which is the same object: who imports it by name makes Node read each of its
 * properties, and with them open the standard streams and list all options.
 */
export const globalProcess: Plugin = {
  name: 'global-process',
  setup(build) {
    const namespace = 'global-process';
    build.onResolve({ filter: /^(?:node:)?process$/ }, () => ({ path: 'process', namespace }));
    build.onLoad({ filter: /./, namespace }, () => ({ contents: 'module.exports = globalThis.process;' }));
  },
};

type Statement = ReturnType<typeof parseAst>['body'][number];
/** From where to where a function is in a text. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** The functions around modules that were CommonJS: `var a = helper((exports, module) => { … })`, at the top of a file. */
function wrappersIn(statement: Statement): readonly Place[] {
  if (statement.type !== 'VariableDeclaration') return [];
  return statement.declarations.flatMap(({ init }) => {
    if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier') return [];
    const [wrapper, ...others] = init.arguments;
    return wrapper?.type === 'ArrowFunctionExpression' && others.length === 0 ? [wrapper] : [];
  });
}

/** A module's text with parentheses around each of these functions. */
export function withParentheses(source: string): string {
  const places = parseAst(source).body.flatMap(wrappersIn);
  const ends = [0, ...places.flatMap(({ start, end }) => [start, end]), source.length];
  const parts = ends.slice(1).map((end, index) => source.slice(ends[index], end));
  return parts.map((part, index) => (index % 2 === 0 ? part : `(${part})`)).join('');
}

/**
 * Has V8 read what was CommonJS once. It only skims a function that is not called yet, and reads it when it is called; these
 * are called at once, so all of the driver was read twice. A function in parentheses is taken for one that is about to be called.
 */
export const readOnce: Plugin = {
  name: 'read-once',
  setup(build) {
    build.onEnd(async ({ metafile }) => {
      const files = Object.keys(metafile?.outputs ?? {}).filter((file) => file.endsWith('.mjs'));
      await Promise.all(files.map(async (file) => writeFile(file, withParentheses(await readFile(file, 'utf8')))));
    });
  },
};

/** Leaves out of bundles what parses warden.yaml: it was read and validated when it was deployed. */
export const deployedConfig: Plugin = {
  name: 'deployed-config',
  setup(build) {
    build.onResolve({ filter: /\/config\/config\.ts$/ }, ({ importer }) =>
      importer === join(import.meta.dirname, '../../functions/wiring/load-config.ts')
        ? { path: join(import.meta.dirname, 'parse-config.ts') }
        : undefined,
    );
  },
};

let built: ReturnType<typeof buildConsole> | undefined;

/** Puts the console's files into a bundle, in place of what makes them: functions and the command hold the same bytes. */
export const consoleFiles: Plugin = {
  name: 'console-files',
  setup(build) {
    const source = join(import.meta.dirname, '../../console/build.ts');
    build.onLoad({ filter: /[\\/]console[\\/]build\.ts$/ }, async ({ path }) => {
      if (path !== source) return undefined;
      built ??= buildConsole();
      const { files } = await built;
      return {
        contents: `export const buildConsole = async () => ({ files: new Map(${JSON.stringify([...files])}) });`,
      };
    });
  },
};

/**
 * Leaves the clients of AWS's services out of the command: the handlers that it calls are those of a deployment, and what
 * wires them there is never called here. They are functions and classes that nothing is made of, so that a call
 * would fail by name. What signs requests stays, since it is no such client.
 */
export const withoutClients: Plugin = {
  name: 'without-clients',
  setup(build) {
    const namespace = 'without-clients';
    const filter =
      /^@aws-sdk\/(?:client-[\w-]+|util-dynamodb|rds-signer)$|^@aws-lambda-powertools\/idempotency\/dynamodb$/;
    build.onResolve({ filter }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /./, namespace }, () => ({ contents: 'module.exports = {};' }));
  },
};

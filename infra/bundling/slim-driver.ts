import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

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

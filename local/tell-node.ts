import { readFileSync } from 'node:fs';
import { z } from 'zod/mini';

const PARTS = /(\^|~|>=|<=|<|>|)\s*v?(\d+)(?:\.(\d+|x))?(?:\.(\d+|x))?/g;

/** Whether a version of Node satisfies what a package asks for, in the forms in which packages do. */
export function fits(version: string, range: string): boolean {
  const numbers = (texts: readonly (string | undefined)[]): number =>
    texts.reduce((sum, text) => sum * 1000 + (Number(text ?? 0) || 0), 0);
  const mine = numbers(version.split('.'));
  return range.split('||').some((all) =>
    [...all.matchAll(PARTS)].every(([, sign = '', major, minor, patch]) => {
      const least = numbers([major, minor, patch]);
      if (sign === '>') return mine > least;
      if (sign === '<') return mine < least;
      if (sign === '<=') return mine <= least;
      const next = sign === '>=' ? Number.POSITIVE_INFINITY : numbers([String(Number(major) + 1), '0', '0']);
      return mine >= least && mine < next;
    }),
  );
}

/** What to tell whoever installs with a Node that this project does not run on, or nothing. */
export function tellNode(agent = ''): string | undefined {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { engines } = z.object({ engines: z.object({ node: z.string() }) }).parse(JSON.parse(manifest));
  const version = /node\/v(\S+)/.exec(agent)?.[1];
  if (version === undefined || fits(version, engines.node)) return undefined;
  return `Session Warden needs Node ${engines.node}, and this machine has ${version}: every script here runs on the pinned ${process.version} of runtime/ instead.`;
}

// npm's own 255 lines, one for each package that asks for more than an older Node, are stilled in .npmrc.
if (import.meta.main) {
  const text = tellNode(process.env['npm_config_user_agent']);
  if (text !== undefined) console.log(text);
}

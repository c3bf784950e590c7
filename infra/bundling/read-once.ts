import { readFile, writeFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { parseAst } from 'vite';

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

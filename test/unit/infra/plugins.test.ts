import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { globalProcess, readOnce, withParentheses } from '../../../infra/bundling/plugins.ts';
import { BUNDLING } from '../../../infra/bundling.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-read-once-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['var a=o((e,t)=>{t.exports=")};"}),b=1;', 'var a=o(((e,t)=>{t.exports=")};"})),b=1;'],
  ['var a=o(()=>{}),b=o(e=>{e.x=`})`});', 'var a=o((()=>{})),b=o((e=>{e.x=`})`}));'],
  ['var a=f(()=>1,2);g(()=>{});', 'var a=f(()=>1,2);g(()=>{});'],
  ['', ''],
])('puts parentheses around the functions of CommonJS, and around no others: %s', (source, expected) => {
  expect(withParentheses(source)).toBe(expected);
});

it('leaves a bundle that does what it did, and that imports no node:process', async () => {
  writeFileSync(join(folder, 'old.js'), "exports.words = () => [process === require('process'), '})'];");
  writeFileSync(
    join(folder, 'new.ts'),
    "import { words } from './old.js'; import { pid } from 'node:process'; export const told = [...words(), pid];",
  );
  const { metafile } = await build({
    ...BUNDLING,
    plugins: [globalProcess, readOnce],
    entryPoints: [join(folder, 'new.ts')],
    outdir: join(folder, 'out'),
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  expect(imports.filter((path) => /process/.test(path))).toEqual([]);
  const { told } = await import(join(folder, 'out/index.mjs'));
  expect(told).toEqual([true, '})', process.pid]);
});

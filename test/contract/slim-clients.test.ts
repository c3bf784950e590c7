import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SLIM_CLIENTS } from '../../infra/bundling/slim-clients.ts';

const LIB = join(import.meta.dirname, '../../lib');
const sources = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(LIB, file), 'utf8') }));

describe.each(SLIM_CLIENTS)('what stands in bundles for @aws-sdk/%s', (name) => {
  it('has every name that our own code takes from it', async () => {
    const official: object = await import(`@aws-sdk/${name}`);
    const slim: object = await import(`../../infra/bundling/aws/${name}.ts`);
    const users = sources.filter(({ text }) => text.includes(`'@aws-sdk/${name}'`));
    const used = users.flatMap(({ text }) => text.match(/(?<!')\b[A-Z]\w+(?:Command|Client|Exception)\b(?!')/g) ?? []);
    const taken = [...new Set(used)].filter((one) => one in official);
    expect(taken.length).toBeGreaterThan(1);
    expect(taken.filter((one) => !(one in slim))).toEqual([]);
  });
});

it('every client of AWS that a module imports at once has such a stand-in', () => {
  const imported = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^(?:import (?!type )|} from )[^;]*'@aws-sdk\/([\w-]+)'/gm)].map(([, name]) => ({ file, name })),
  );
  expect(imported.length).toBeGreaterThan(3);
  expect(imported.filter(({ name }) => !SLIM_CLIENTS.includes(name ?? ''))).toEqual([]);
});

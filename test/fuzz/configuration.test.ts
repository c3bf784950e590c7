import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { CANARIES, canariesIn } from '../secrets/canary.ts';
import { FILE, PLACES, read, VALID, withAt, YAML_PIECES } from './a-configuration.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: configuration',
  'any text, valid files with parts changed, moved and added: valid, or a clear error',
);

it('is read, or refused with file and line, whatever the text', async () => {
  expect(read(VALID)).toBe('valid');
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...YAML_PIECES), maxLength: 60 }),
  );
  await fuzz.check(
    10_000,
    fc.property(text, (yaml) => void read(yaml)),
  );
});

it('is read, or refused, with any part of a valid file cut out, doubled or written over', async () => {
  const place = fc.nat(VALID.length);
  await fuzz.check(
    1_000,
    fc.property(
      place,
      place,
      fc.oneof(fc.constant(''), fc.string({ maxLength: 8 }), fc.constant(VALID)),
      (a, b, put) => {
        read(VALID.slice(0, Math.min(a, b)) + put + VALID.slice(Math.max(a, b)));
        read(VALID.slice(0, Math.max(a, b)) + put + VALID.slice(Math.min(a, b)));
      },
    ),
  );
});

it('never ignores a field that it does not know, wherever that is', async () => {
  const maps = PLACES.filter(({ isMap, path }) => isMap && path.at(-1) !== 'claim');
  const name = fc.stringMatching(/^[a-z][A-Za-z]{2,12}$/).map((word) => `x${word}`);
  await fuzz.check(
    1_000,
    fc.property(fc.constantFrom(...maps), name, fc.jsonValue(), ({ path }, key, value) => {
      const changed = withAt(FILE, path, (old) => ({ ...(old as object), [key]: value }));
      expect(read(stringify(changed))).toContain(`\`${key}\``);
    }),
  );
});

it('is read, or refused, with any value at any place of a valid file', async () => {
  await fuzz.check(
    1_000,
    fc.property(fc.constantFrom(...PLACES), fc.jsonValue(), ({ path }, value) => {
      read(stringify(withAt(FILE, path, () => value)));
    }),
  );
});

it('quotes no value in an error, wherever it is and whatever is wrong with the file', async () => {
  const value = fc.constantFrom(
    CANARIES.password,
    `/(${CANARIES.password}/`,
    `/[${CANARIES.password}/`,
    `/(?P<${CANARIES.password}/`,
    `10.0.0.0/99${CANARIES.password}`,
    `{${CANARIES.password}`,
    `arn:aws:iam::1:role/${CANARIES.password}`,
    `-----BEGIN CERTIFICATE-----${CANARIES.password}-----END CERTIFICATE-----`,
    [CANARIES.password],
    [[CANARIES.password]],
  );
  await fuzz.check(
    2_000,
    fc.property(fc.constantFrom(...PLACES), value, ({ path }, put) => {
      expect(canariesIn(read(stringify(withAt(FILE, path, () => put))))).toEqual([]);
    }),
  );
  // Not in the place of a name: an unknown field is told by its name. So nothing that begins a map or a line either.
  const marks = fc.constantFrom(
    ...['*', '!', '!!', '!<', '&', '%', '"\\', "'", '"', '|', '>', '@', '`', '- ', '[', '\t', ' ', ''],
  );
  const values = [...VALID.matchAll(/: (?=\S)/g)].map(({ index }) => index + 2);
  await fuzz.check(
    3_000,
    fc.property(fc.constantFrom(...values), marks, marks, marks, (at, before, between, after) => {
      const put = `${before}${between}${CANARIES.password}${after}`;
      expect(canariesIn(read(VALID.slice(0, at) + put + VALID.slice(at)))).toEqual([]);
      expect(canariesIn(read(put))).toEqual([]);
      for (const directive of ['%TAG ', '%YAML ', '%'])
        expect(canariesIn(read(`${directive}${put}\n---\naccess: []`))).toEqual([]);
    }),
  );
});

it.each([
  ['lists', (depth: number) => '['.repeat(depth)],
  ['closed lists', (depth: number) => `access: ${'['.repeat(depth)}${']'.repeat(depth)}`],
  ['maps', (depth: number) => '{a: '.repeat(depth)],
  ['indented lists', (depth: number) => '- '.repeat(depth)],
  [
    'conditions',
    (depth: number) =>
      `reapers: [{ name: r, targets: ['*'], kill: query, match: ${'{ not: '.repeat(depth)}{ user: a }${' }'.repeat(depth)} }]`,
  ],
  ['explicit keys', (depth: number) => '? '.repeat(depth)],
  ['flow keys', (depth: number) => `${'{? '.repeat(depth)}`],
])('is refused, or read, where %s nest a hundred, a thousand and twenty thousand deep', (_name, nest) => {
  for (const depth of [100, 1_000, 20_000]) {
    fuzz.tried(1);
    read(nest(depth));
  }
});

it('is refused where aliases would make a file of it that fills the memory', () => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `a${level}: &a${level} [${level === 0 ? 'x' : `*a${level - 1},*a${level - 1},*a${level - 1}`}]`,
  );
  fuzz.tried(1);
  expect(read(levels.join('\n'))).not.toBe('valid');
});

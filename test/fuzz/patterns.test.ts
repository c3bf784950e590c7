import fc from 'fast-check';
import { expect, it } from 'vitest';
import { globMatches } from '../../lib/privileges/glob.ts';
import { compileHostPattern, compilePattern, type Matches } from '../../lib/reaper/pattern.ts';
import { addressOf } from '../../lib/sessions/group-key.ts';

import { growth, LINEAR } from './linear.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: patterns of rules',
  'any pattern on any text, and patterns that would hang a backtracking engine, n beside 16 n',
);

/** The glob again, by all ways through it: slow, and too simple to be wrong. */
function globOracle(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*')
    return globOracle(pattern.slice(1), text) || (text !== '' && globOracle(pattern, text.slice(1)));
  return text !== '' && text[0] === pattern[0] && globOracle(pattern.slice(1), text.slice(1));
}

it('is a glob as all ways through it have it', async () => {
  const short = (units: readonly string[], maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...units), maxLength });
  await fuzz.check(
    20_000,
    fc.property(short(['a', 'b', '*', '.'], 8), short(['a', 'b', '.', '\n'], 10), (pattern, text) => {
      expect(globMatches(pattern, text)).toBe(globOracle(pattern, text));
    }),
  );
});

it('is compiled or refused with an Error, and then says true or false of any text, or that it is not known', async () => {
  const inner = fc.string({
    unit: fc.constantFrom(...'ab()[]{}*+?|.^$\\/-,:=!<>dDwWsSbBpPQEzxu0123', '(?', '(?:', '(?P<n>', '\\1', '[:alpha:]'),
    maxLength: 20,
  });
  const pattern = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.tuple(inner, fc.constantFrom('', 'i', 's', 'is', 'g')).map(([source, flags]) => `/${source}/${flags}`),
    fc.tuple(fc.ipV4(), fc.nat(40)).map(([ip, bits]) => `${ip}/${bits}`),
    fc.tuple(fc.ipV6(), fc.nat(140)).map(([ip, bits]) => `${ip}/${bits}`),
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.ipV4().map((ip) => `${ip}:1`),
    fc.ipV6().map((ip) => `[${ip}]:1`),
  );
  await fuzz.check(
    20_000,
    fc.property(pattern, text, (source, on) => {
      for (const compile of [compilePattern, compileHostPattern]) {
        let matches: Matches;
        try {
          matches = compile(source);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          continue;
        }
        const says = compile === compilePattern ? [true, false] : [true, false, undefined];
        expect(says).toContain(matches(on));
        expect([true, false, undefined]).toContain(matches(on, true));
      }
    }),
  );
});

it('finds an address in any text', async () => {
  await fuzz.check(
    5_000,
    fc.property(fc.ipV4(), fc.ipV6(), fc.nat(65_535), fc.string(), (four, six, port, anything) => {
      expect(addressOf(`${four}:${port}`)).toBe(four);
      expect(addressOf(`[${six}]:${port}`)).toBe(six);
      expect(anything).toContain(addressOf(anything));
    }),
  );
});

it.each([
  ['/^(a+)+$/', 'a', 'b'],
  ['/^(a|a)*$/', 'a', 'b'],
  ['/^(a|aa)+$/', 'a', 'b'],
  ['/(.*)*x/', 'a', ''],
  ['/(x+x+)+y/', 'x', ''],
  ['/([a-z]+)*\\d/is', 'a', ''],
  ['*a*a*a*a*a*a*b', 'a', ''],
  [`*${'a'.repeat(400)}b*`, 'a', ''],
])('%s takes time in proportion to the text', (pattern, unit, end) => {
  const matches = compilePattern(pattern);
  fuzz.tried(6);
  expect(growth((size) => void matches(unit.repeat(size) + end), 4_000)).toBeLessThan(LINEAR);
});

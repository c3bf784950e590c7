import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatches } from '../../../../lib/privileges/glob.ts';

/** By the definition, with no thought for speed. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)));
  return text !== '' && pattern[0] === text[0] && naive(pattern.slice(1), text.slice(1));
}

describe('a glob', () => {
  it('matches as its definition says', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        expect(globMatches(glob, value)).toBe(naive(glob, value));
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['app', 'app', true],
    ['app', 'App', false],
    ['app', 'app2', false],
    ['app_*', 'app_', true],
    ['*-prod', 'payments-prod', true],
    ['ab*ba', 'aba', false],
    ['*aab*', 'aaab', true],
    ['*abac*', 'ababac', true],
    ['*ab*ab*', 'xabx', false],
    ['a.c', 'abc', false],
    ['a?c', 'abc', false],
    ['[a]', 'a', false],
    ['*', '', true],
    ['', 'a', false],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  it('finishes on a pattern and a text made to be slow', () => {
    const text = `${'a'.repeat(100_000)}b`;
    expect(globMatches(`*${'a'.repeat(50_000)}c*`, text)).toBe(false);
    expect(globMatches(`${'*a'.repeat(50_000)}*c`, text)).toBe(false);
    expect(globMatches(`*${'a'.repeat(50_000)}b`, text)).toBe(true);
  });
});

it('a glob finds a part wherever it is, whatever repeats in it', () => {
  const ab = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b'), maxLength });
  fc.assert(
    fc.property(ab(9), ab(24), ab(4), (part, text, other) => {
      expect(globMatches(`*${part}*`, text)).toBe(text.includes(part));
      const at = text.indexOf(part);
      expect(globMatches(`*${part}*${other}*`, text)).toBe(at >= 0 && text.indexOf(other, at + part.length) >= 0);
    }),
    { numRuns: 2_000 },
  );
  expect(globMatches('*aabaaaa*', 'aabaaabaaaa')).toBe(true);
  expect(globMatches('*abacabab*', 'abacabacabab')).toBe(true);
});

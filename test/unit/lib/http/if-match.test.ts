import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseIfMatch } from '../../../../lib/http/request.ts';

it('takes one strong tag, with or without blanks around it', () => {
  expect(parseIfMatch('"aZ09._-"')).toBe('aZ09._-');
  expect(parseIfMatch(' \t"a" ')).toBe('a');
  expect(parseIfMatch(`"${'x'.repeat(120)}"`)).toHaveLength(120);
});

it('reads no header as no tag', () => {
  expect(parseIfMatch(undefined)).toBeNull();
});

it.each([
  '',
  '*',
  '"*"',
  'W/"a"',
  'w/"a"',
  '"a", "b"',
  '"a","a"',
  'a',
  '"a',
  'a"',
  '""',
  '"a b"',
  '"ä"',
  '"a\\"b"',
  "'a'",
])('refuses If-Match: %s', (header) => {
  expect(() => parseIfMatch(header)).toThrow(expect.objectContaining({ code: 'tag-invalid' }));
});

it('refuses a tag of 121 characters, and one before a line break', () => {
  expect(() => parseIfMatch(`"${'x'.repeat(121)}"`)).toThrow(expect.objectContaining({ code: 'tag-invalid' }));
  expect(() => parseIfMatch('"a"\n')).toThrow(expect.objectContaining({ code: 'tag-invalid' }));
});

it('gives back a tag or refuses, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      try {
        expect(parseIfMatch(header)).toMatch(/^[A-Za-z0-9._-]{1,120}$/);
      } catch (error) {
        expect(error).toMatchObject({ code: 'tag-invalid' });
      }
    }),
  );
});

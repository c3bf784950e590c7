import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../lib/page-cursor.ts';

describe('page cursor', () => {
  it('gives back any position for the same binding, in URL-safe text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.jsonValue({ maxDepth: 2 }), (binding, position) => {
        fc.pre(JSON.stringify(position).length < 1_000);
        const cursor = encodeCursor(binding, position);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor, binding)).toEqual(JSON.parse(JSON.stringify(position)));
      }),
    );
  });

  it('does not mind the order of fields', () => {
    expect(decodeCursor(encodeCursor({ a: 1, b: { c: 2, d: 3 } }, 'x'), { b: { d: 3, c: 2 }, a: 1 })).toBe('x');
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, {}],
    [{ a: '1' }, { a: 1 }],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
  ])('refuses the cursor of %j for %j', (binding, other) => {
    expect(() => decodeCursor(encodeCursor(binding, 1), other)).toThrow(
      expect.objectContaining({ code: 'request-invalid', detail: expect.stringMatching(/^cursor: .*another query/) }),
    );
  });

  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    '',
    '?',
    'abc',
    made(null),
    made([]),
    made({ h: 1, a: 2 }),
    made({ h: 'x', a: 1, b: 2 }),
    'A'.repeat(5_000),
  ])('refuses %j', (text) => {
    expect(() => decodeCursor(text, {})).toThrow(
      expect.objectContaining({ code: 'request-invalid', detail: expect.stringMatching(/^cursor: /) }),
    );
  });

  it('throws nothing but AppError, whatever is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(made)), (text) => {
        try {
          decodeCursor(text, {});
        } catch (error) {
          expect(error).toMatchObject({ code: 'request-invalid' });
        }
      }),
    );
  });
});

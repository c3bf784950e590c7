import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asItWas, printable, visible, visibleIn } from '../../../../../lib/sessions/masking/visible.ts';

const HIDDEN = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u;
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\x1b[2J',
        '\u009b31m',
        '\u202e',
        '\u2066',
        '\r',
        '\n',
        '\t',
        '\0',
        '\x7f',
        '\ud800',
        '\\',
        '\\u001b',
        'u',
        'é',
        '👩‍💻',
        '"',
      ),
    )
    .map((pieces) => pieces.join('')),
);

describe('text of others', () => {
  it('commands no terminal, turns no text round and makes no second line; it can be had back', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(visible(value)).not.toMatch(HIDDEN);
        expect(asItWas(visible(value))).toBe(value);
        expect(printable(value).replace(/[\n\t]/g, '')).not.toMatch(HIDDEN);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps its meaning as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), text, (value, name) => {
        const whole = { [name]: value, name };
        const printed = printable(JSON.stringify(whole, null, 2));
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(whole)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('stays readable', () => {
    expect(visible('naïve 会话 👩‍💻 a\\b')).toBe('naïve 会话 👩‍💻 a\\b');
    expect(visible('\x1b[31m\u202eadmin\n')).toBe('\\u001b[31m\\u202eadmin\\u000a');
    expect(visibleIn({ a: ['\x07', 1, null], b: { c: '\u2028' } })).toEqual({
      a: ['\\u0007', 1, null],
      b: { c: '\\u2028' },
    });
  });
});

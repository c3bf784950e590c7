import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskStatement } from '../../../../lib/sessions/masking/mask-statement.ts';
import type { SqlModes } from '../../../../lib/sessions/masking/statement-tokens.ts';
import { NASTY_PIECES } from '../../../support/nasty-pieces.ts';

const MODES: readonly SqlModes[] = [
  { noBackslashEscapes: false, ansiQuotes: false },
  { noBackslashEscapes: false, ansiQuotes: true },
  { noBackslashEscapes: true, ansiQuotes: false },
  { noBackslashEscapes: true, ansiQuotes: true },
];

/** Fewer where the tests run once for each mutant. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000);

const nasty = fc.string({ unit: fc.constantFrom(...NASTY_PIECES, 'CANARY'), maxLength: 8 });
const secret = fc.tuple(nasty, nasty).map(([before, after]) => `${before}CANARY${after}`);

/** Writes a value as a string, the way that a client would for a server in these modes. */
function quoted(value: string, quote: string, doubled: boolean, modes: SqlModes): string {
  const plain = modes.noBackslashEscapes ? value : value.replaceAll('\\', '\\\\');
  const escaping = doubled || modes.noBackslashEscapes ? quote : '\\';
  return `${quote}${plain.replaceAll(quote, `${escaping}${quote}`)}${quote}`;
}

const literalIn = (modes: SqlModes) => {
  const prefix = fc.constantFrom('', 'N', 'n', '_utf8mb4', '_utf8 ', 'DATE ', 'x', 'B', 'IN (1, ', '= -');
  const strings = fc.tuple(prefix, secret, fc.constantFrom("'", modes.ansiQuotes ? "'" : '"'), fc.boolean());
  const numbers = [
    '424242',
    '0x424242',
    '4.24242e424242',
    '.424242',
    '-424242',
    '424242e-424242',
    'X"424242"',
    '1e+424242',
  ];
  const line = secret.map((text) => text.replace(/[\n\r\0]/g, ' '));
  const block = secret.map((text) => text.replace(/\*\/|\/\*/g, ' '));
  return fc.oneof(
    strings.map(([before, text, quote, doubled]) => `${before}${quoted(text, quote, doubled, modes)}`),
    fc.constantFrom(...numbers.filter((number) => !modes.ansiQuotes || !number.includes('"'))),
    line.map((text) => `-- ${text}\n`),
    line.map((text) => `#${text}\r\n`),
    block.map((text) => `/* ${text}*/`),
  );
};

describe('any masked statement', () => {
  it.each(MODES)('shows no literal and no comment, and all that comes after them: %j', (modes) => {
    fc.assert(
      fc.property(fc.array(literalIn(modes), { minLength: 1, maxLength: 5 }), (literals) => {
        const masked = maskStatement(`SELECT first_word, ${literals.join(' , t1.a = ')} , last_word`, modes);
        expect(masked).not.toMatch(/canary|424242/i);
        expect(masked.startsWith('SELECT first_word, ')).toBe(true);
        expect(masked.endsWith('last_word')).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it.each(MODES)('shows no literal of a text that was cut off anywhere: %j', (modes) => {
    fc.assert(
      fc.property(fc.array(literalIn(modes), { minLength: 1, maxLength: 3 }), fc.nat(80), (literals, length) => {
        const masked = maskStatement(`SELECT ${literals.join(' , ')}`.slice(0, length), modes);
        expect(masked).not.toMatch(/canary|4242/i);
      }),
      { numRuns: RUNS },
    );
  });

  it.each(MODES)('is one line without hidden characters, and the same when masked again: %j', (modes) => {
    const words = [
      'SELECT',
      'IN',
      'VALUES',
      ' ',
      'a1',
      '1',
      '.',
      'e',
      '+',
      '-',
      ')',
      '?',
      '…',
      '$',
      '\u200b',
      '\x1b[31m',
    ];
    const text = fc.string({ unit: fc.constantFrom(...NASTY_PIECES, ...words), maxLength: 40 });
    fc.assert(
      fc.property(text, (sql) => {
        const masked = maskStatement(sql, modes);
        expect(masked).not.toMatch(/[\p{C}\u2028\u2029]/u);
        expect(maskStatement(masked, modes)).toBe(masked);
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

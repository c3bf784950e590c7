import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskStatement, safeMask } from '../../lib/sessions/masking/mask-statement.ts';
import { CANARY, NASTY, NUMBER, parts } from './any-statement.ts';
import { growth, LINEAR } from './linear.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: masking',
  'statements with a canary in every form of literal and comment, whatever sql_mode the session has chosen',
);

const MODES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

it.each(MODES)(
  'shows no literal of a statement that was written with ANSI_QUOTES %s, NO_BACKSLASH_ESCAPES %s',
  async (ansi, noBackslash) => {
    await fuzz.check(
      5_000,
      fc.property(
        fc.array(parts(ansi, noBackslash), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(' ', ', ', ' AND a = ', '\n'),
        (pieces, between) => {
          const masked = safeMask(`SELECT ${pieces.join(between)}`);
          expect(masked).not.toContain(CANARY);
          expect(masked).not.toContain(NUMBER);
        },
      ),
    );
  },
);

it.each(MODES)(
  'shows none either where the statement was cut off anywhere: ANSI_QUOTES %s, NO_BACKSLASH_ESCAPES %s',
  async (ansi, noBackslash) => {
    await fuzz.check(
      2_000,
      fc.property(fc.array(parts(ansi, noBackslash), { minLength: 1, maxLength: 3 }), fc.nat(100), (pieces, length) => {
        const masked = safeMask(`SELECT ${pieces.join(' , ')}`.slice(0, length));
        expect(masked).not.toMatch(/CANAR|4242/);
      }),
    );
  },
);

it('is one line that no terminal takes for a command, and is no longer than the statement, whatever the text', async () => {
  await fuzz.check(
    10_000,
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom(...NASTY, 'a', '1', 'SELECT '), maxLength: 60 }),
      ),
      (text) => {
        const masked = safeMask(text);
        expect(masked).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(masked.length).toBeLessThanOrEqual(3 * text.length + 2);
      },
    ),
  );
});

const UNITS = [
  "'",
  '"',
  '`',
  '\\',
  "\\'",
  "''",
  '(',
  ')',
  '(1,',
  '(1),',
  '1e+',
  '/*',
  '/* */',
  '/*!',
  "/*!'*/",
  '/*! " */',
  '--',
  '-- ',
  '#\n',
  '$',
  '?,)',
  'x IN (1,2) ',
  'VALUES (1),(2),',
  '😀',
  '\u202e',
  'a.',
  '_utf8',
  "q'",
  '/*!50000 ',
  '#',
  '-- x\r',
];
const SIZE = 100_000;

it.each(UNITS)('takes time in proportion to the text, for 100 KB and more of %j', (unit) => {
  for (const noBackslashEscapes of [false, true])
    for (const ansiQuotes of [false, true]) {
      fuzz.tried(1);
      const modes = { noBackslashEscapes, ansiQuotes };
      maskStatement(unit.repeat(Math.ceil(SIZE / unit.length)), modes);
    }
  fuzz.tried(6);
  expect(growth((size) => void safeMask(unit.repeat(Math.ceil(size / unit.length))), SIZE / 10)).toBeLessThan(LINEAR);
});

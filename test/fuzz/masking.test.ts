import fc from 'fast-check';
import { expect, it } from 'vitest';
import { safeMask } from '../../lib/sessions/mask-session.ts';
import { maskStatement } from '../../lib/sessions/mask-statement.ts';
import { NASTY_PIECES } from '../support/nasty-pieces.ts';
import { growth, LINEAR } from './linear.ts';
import { tally } from './tally.ts';

const fuzz = tally(
  'Fuzz: masking',
  'statements with a canary in every form of literal and comment, whatever sql_mode the session has chosen',
);

const CANARY = 'CANARY';
const NUMBER = '424242';
const NASTY = [...NASTY_PIECES, '\x1a', '/*!', '-- ', ')', '%', '\u2028', 'x', '0'];
const nasty = fc.string({ unit: fc.constantFrom(...NASTY), maxLength: 6 });
const secret = fc.tuple(nasty, nasty).map(([before, after]) => `${before}${CANARY}${after}`);

/** A value as a client writes it for a session in these modes: quotes doubled or escaped, backslashes as the mode has them. */
const quoted = (value: string, quote: string, escaped: boolean, noBackslash: boolean): string => {
  const text = noBackslash ? value : value.replaceAll('\\', '\\\\');
  return `${quote}${text.replaceAll(quote, `${escaped && !noBackslash ? '\\' : quote}${quote}`)}${quote}`;
};

const strings = (ansiQuotes: boolean, noBackslash: boolean) =>
  fc
    .tuple(
      fc.constantFrom('', 'N', 'n', '_utf8mb4', '_binary ', 'DATE ', 'TIMESTAMP', 'BINARY ', '- ', 'X', "'a' "),
      secret,
      ansiQuotes ? fc.constant("'") : fc.constantFrom("'", '"'),
      fc.boolean(),
    )
    .map(([before, value, quote, escaped]) => `${before}${quoted(value, quote, escaped, noBackslash)}`);

const numbers = fc.constantFrom(
  '424242',
  '-424242',
  '424242.5',
  '.424242',
  '1.424242e5',
  '4e424242',
  '0x424242',
  "x'424242'",
  "X'424242'",
  '0b424242',
  "b'424242'",
  '424242e-1',
  '1_424242',
  '@a:=424242',
  '424242a',
);
const comments = secret.chain((text) =>
  fc.constantFrom(
    `/* ${text.replaceAll('*/', ' ').replaceAll('/*', ' ')} */`,
    `-- ${text.replace(/[\n\r\0]/g, ' ')}\n`,
    `# ${text.replace(/[\n\r\0]/g, ' ')}\n`,
    `--\t${text.replace(/[\n\r\0]/g, ' ')}\n`,
  ),
);
const secrets = secret.chain((text) =>
  fc.constantFrom(
    `IDENTIFIED BY ${CANARY}`,
    `IDENTIFIED WITH x AS ${quoted(text, "'", false, false)}`,
    `SET PASSWORD = ${CANARY}`,
    `SET PASSWORD FOR a@b TO ${CANARY}`,
    `$$${CANARY}$$`,
    `$a$${CANARY}$a$`,
    `q'[${CANARY}]'`,
    `nq'{${CANARY}}'`,
  ),
);

const parts = (ansiQuotes: boolean, noBackslash: boolean) =>
  fc.oneof(
    { weight: 4, arbitrary: strings(ansiQuotes, noBackslash) },
    { weight: 2, arbitrary: numbers },
    { weight: 2, arbitrary: comments },
    { weight: 1, arbitrary: secrets },
    { weight: 1, arbitrary: fc.constantFrom('a', '`b c`', '(', ')', ',', ' IN (', 'VALUES (', '=', '+', 'NULL', '?') },
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

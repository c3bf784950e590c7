import fc from 'fast-check';
import { NASTY_PIECES } from '../support/nasty-pieces.ts';

export const CANARY = 'CANARY';
export const NUMBER = '424242';
export const NASTY = [...NASTY_PIECES, '\x1a', '/*!', '-- ', ')', '%', '\u2028', 'x', '0'];
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

export const parts = (ansiQuotes: boolean, noBackslash: boolean) =>
  fc.oneof(
    { weight: 4, arbitrary: strings(ansiQuotes, noBackslash) },
    { weight: 2, arbitrary: numbers },
    { weight: 2, arbitrary: comments },
    { weight: 1, arbitrary: secrets },
    { weight: 1, arbitrary: fc.constantFrom('a', '`b c`', '(', ')', ',', ' IN (', 'VALUES (', '=', '+', 'NULL', '?') },
  );

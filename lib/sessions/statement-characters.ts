// Control, format, unassigned, space and invisible characters: no server's identifier, and a danger in a log or chat.
const INVISIBLE = /[\p{C}\p{Z}\p{DI}]/u;
const INVISIBLES = /[\p{C}\p{Z}\p{DI}]/gu;
const WORD = /[\p{L}\p{M}\p{N}_$]/u;
const DIGIT = /\p{N}/u;

// A list holds megabytes of statements, nearly all of it ASCII: tables are some ten times faster than expressions.
const tableOf = (expression: RegExp): readonly boolean[] =>
  // Stryker disable next-line ObjectLiteral,ArrowFunction: without a table the expression says the same, slower
  Array.from({ length: 128 }, (_, code) => expression.test(String.fromCharCode(code)));
const INVISIBLE_ASCII = tableOf(INVISIBLE);
const WORD_ASCII = tableOf(WORD);
const DIGIT_ASCII = tableOf(DIGIT);

/** True for a code point that shows no mark: spaces, control characters, marks of direction, lone surrogates. */
export const isInvisible = (code: number): boolean =>
  INVISIBLE_ASCII[code] ?? INVISIBLE.test(String.fromCodePoint(code));

/** True for a code point that an identifier or keyword may hold, digits too. */
export const isWord = (code: number): boolean => WORD_ASCII[code] ?? isForeignWord(String.fromCodePoint(code));

/** True for a digit of any script. */
export const isDigit = (code: number): boolean => DIGIT_ASCII[code] ?? DIGIT.test(String.fromCodePoint(code));

/** The code point at an offset; 0 past the end. */
export const codeAt = (text: string, at: number): number => text.codePointAt(at) ?? 0;

/** How many UTF-16 units a code point takes. */
export const widthOf = (code: number): number => (code > 0xffff ? 2 : 1);

/** The text with a plain space for each invisible character, so that it cannot break a log line or turn a text round. */
export const withoutInvisibles = (text: string): string => text.replace(INVISIBLES, ' ');

const isForeignWord = (character: string): boolean => WORD.test(character) && !INVISIBLE.test(character);

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

/** How a session reads quotes: a part of its `sql_mode`. */
export interface SqlModes {
  /** A backslash in a string is a plain character. */
  readonly noBackslashEscapes: boolean;
  /** `"…"` is an identifier, not a string. */
  readonly ansiQuotes: boolean;
}

/** Where a comment ends, or `doubt` where servers disagree on that or it has no end. */
export type CommentEnd = number | 'doubt';

/** True for a character that begins an identifier in quotes. */
export const isNameQuote = (quote: string | undefined, { ansiQuotes }: SqlModes): boolean =>
  quote === '`' || (quote === '"' && ansiQuotes);

/** True for a character that begins a string. */
export const isStringQuote = (quote: string | undefined, { ansiQuotes }: SqlModes): boolean =>
  quote === "'" || (quote === '"' && !ansiQuotes);

/** The offset after the quoted text that begins at `start`; `undefined` where it has no end. */
export function quoteEnd(sql: string, start: number, modes: SqlModes): number | undefined {
  const quote = sql[start];
  const escapes = !modes.noBackslashEscapes && isStringQuote(quote, modes);
  for (let at = start + 1; at < sql.length; at += 1) {
    if (escapes && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return undefined;
}

/** The offset after the comment that begins at `start`; `undefined` where none does. */
export function commentEnd(sql: string, start: number, modes: SqlModes): CommentEnd | undefined {
  if (sql[start] === '#') return lineEnd(sql, start);
  if (sql.startsWith('--', start)) {
    const next = sql[start + 2];
    // Without a space it is two minus signs to the servers seen, and a comment to others.
    return next === undefined || next <= ' ' || next === '\x7f' ? lineEnd(sql, start + 2) : 'doubt';
  }
  return sql.startsWith('/*', start) ? blockEnd(sql, start, modes) : undefined;
}

/** MySQL and MariaDB end it at LF or NUL, the OceanBase kernel at LF or CR (measured): LF and CR LF are the same to all. */
function lineEnd(sql: string, start: number): CommentEnd {
  for (let at = start; at < sql.length; at += 1) {
    if (sql[at] === '\n') return at + 1;
    if (sql[at] === '\0' || (sql[at] === '\r' && sql[at + 1] !== '\n')) return 'doubt';
  }
  return sql.length;
}

/**
 * Whether a server runs what a comment that begins with `/*!` holds depends on its version. If it does, quotes and
 * comments inside may hide the end: so only an end that both readings share is one.
 */
function blockEnd(sql: string, start: number, modes: SqlModes): CommentEnd {
  const close = sql.indexOf('*/', start + 2);
  if (close < 0) return 'doubt';
  const holdsCode = /^(?:[!+]|M!)/.test(sql.slice(start + 2, start + 4));
  for (let at = start + 2; at < close; at += 1) {
    if (sql.startsWith('/*', at)) return 'doubt';
    if (!holdsCode) continue;
    if (sql[at] === '#' || sql.startsWith('--', at)) return 'doubt';
    if (isStringQuote(sql[at], modes) || isNameQuote(sql[at], modes)) {
      const end = quoteEnd(sql, at, modes);
      if (end === undefined || end > close) return 'doubt';
      at = end - 1;
    }
  }
  return close + 2;
}

/**
 * A piece of a statement and how to show it. A `literal` shows as `?`, whatever it held. A `cut` is the last: a literal
 * or comment has no end, or servers would read the rest in different ways. A `name` is an identifier in quotes.
 */
export interface Token {
  readonly kind: 'space' | 'literal' | 'cut' | 'word' | 'name' | 'sign';
  readonly text: string;
}

/** Any run of spaces and comments. */
export const SPACE: Token = { kind: 'space', text: ' ' };
/** The end of all that can be shown. */
export const CUT: Token = { kind: 'cut', text: '?' };
const LITERAL: Token = { kind: 'literal', text: '?' };

const INTRODUCER = /^(?:[nxb]|_[a-z0-9]+)$/i;
// `$$…$$` (MySQL 9) and `q'[…]'` (Oracle tenants) are strings by rules that other servers do not know.
const DOLLAR_QUOTE = /^\$[^$]*\$/;
const Q_QUOTE = /^n?q$/i;
const DOT = 0x2e;

/** Splits a statement into tokens, in linear time. What is not certainly code is a literal or cut. */
export function tokensOf(sql: string, modes: SqlModes): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    at = readToken(sql, at, modes, tokens);
    if (tokens.at(-1) === CUT) break;
  }
  return tokens;
}

/** Adds the token that begins at `start`, or none where it says nothing new, and returns the offset after it. */
function readToken(sql: string, start: number, modes: SqlModes, tokens: Token[]): number {
  const add = (token: Token, end: number): number => {
    if (token !== SPACE || tokens.at(-1) !== SPACE) tokens.push(token);
    return end;
  };
  const code = codeAt(sql, start);
  if (isInvisible(code)) return add(SPACE, start + widthOf(code));
  if (isDigit(code) || (code === DOT && isDigit(codeAt(sql, start + 1)))) return add(LITERAL, numberEnd(sql, start));
  if (isWord(code)) {
    const end = wordEnd(sql, start);
    const text = sql.slice(start, end);
    const beforeString = isStringQuote(sql[end], modes);
    if (DOLLAR_QUOTE.test(text) || (beforeString && Q_QUOTE.test(text))) return add(CUT, end);
    return beforeString && INTRODUCER.test(text) ? end : add({ kind: 'word', text }, end);
  }
  const quote = sql[start];
  if (isNameQuote(quote, modes) || isStringQuote(quote, modes)) {
    const end = quoteEnd(sql, start, modes);
    if (end === undefined) return add(CUT, sql.length);
    if (isStringQuote(quote, modes)) return add(LITERAL, end);
    return add({ kind: 'name', text: withoutInvisibles(sql.slice(start, end)) }, end);
  }
  const comment = commentEnd(sql, start, modes);
  if (comment !== undefined) return comment === 'doubt' ? add(CUT, sql.length) : add(SPACE, comment);
  const end = start + widthOf(code);
  return add({ kind: 'sign', text: sql.slice(start, end) }, end);
}

function wordEnd(sql: string, start: number): number {
  let end = start;
  for (let code = codeAt(sql, end); isWord(code); code = codeAt(sql, end)) end += widthOf(code);
  return end;
}

/** Takes in all that may belong to a number, `1.5e-3` and `0x1F`, and letters that stick to it. */
function numberEnd(sql: string, start: number): number {
  let end = start;
  for (;;) {
    const code = codeAt(sql, end);
    if (code !== DOT && !isWord(code) && !isExponentSign(sql, end)) return end;
    end += widthOf(code);
  }
}

const isExponentSign = (sql: string, at: number): boolean =>
  (sql[at] === '+' || sql[at] === '-') && (sql[at - 1] === 'e' || sql[at - 1] === 'E') && isDigit(codeAt(sql, at + 1));

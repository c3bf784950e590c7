import { codeAt, isDigit, isInvisible, isWord, widthOf, withoutInvisibles } from './statement-characters.ts';
import { commentEnd, isNameQuote, isStringQuote, quoteEnd, type SqlModes } from './statement-quotes.ts';

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

/** Splits a statement into tokens, in linear time. What is not surely code is a literal or cut. */
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

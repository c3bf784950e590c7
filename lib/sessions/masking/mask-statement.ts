import { CUT, SPACE, type SqlModes, type Token, tokensOf } from './statement-tokens.ts';

// Stryker disable next-line StringLiteral: it is known by identity, and its kind is not asked
const LIST: Token = { kind: 'sign', text: '(…)' };
const COLLAPSES_AFTER = /^(?:in|values?)$/i;
const LIST_ITEM = /^(?:[,+…-]|null|default)$/i;

/**
 * The statement without its literals and comments, on one line, fit for a log, a list or a chat: each literal is `?`, a
 * list of literals `(…)`, and rows of them one `(…)`. Names of tables, columns and users without quotes stay.
 *
 * Fails closed, in linear time: from an unterminated literal or comment, from `IDENTIFIED` and `SET PASSWORD`, and where
 * servers disagree on what is a string, the rest is one `?`. So it also takes a text that was cut off anywhere.
 *
 * @param modes of the session that runs the statement. Each session chooses its own, so see `mask-session.ts`: read by the
 * wrong ones, code may be taken for a literal and the other way round.
 */
export function maskStatement(text: string, modes: SqlModes): string {
  const shown: Token[] = [];
  for (const token of tokensOf(text, modes)) {
    if (token.text === ')') closeList(shown, token);
    else shown.push(token);
    if (beginsSecret(token.text, shown)) {
      shown.push(SPACE, CUT);
      break;
    }
  }
  return shown
    .map((token) => token.text)
    .join('')
    .trim();
}

/** Some servers take a password without quotes (OceanBase in Oracle mode). */
function beginsSecret(word: string, shown: readonly Token[]): boolean {
  if (word.length === 'PASSWORD'.length && word.toUpperCase() === 'PASSWORD') {
    return shown[lastWritten(shown, shown.length - 1)]?.text.toUpperCase() === 'SET';
  }
  return word.length === 'IDENTIFIED'.length && word.toUpperCase() === 'IDENTIFIED';
}

/** Ends a parenthesis. One that holds nothing but literals becomes a list, and one with the list of the row before it. */
function closeList(shown: Token[], parenthesis: Token): void {
  let open = shown.length - 1;
  let holdsLiteral = false;
  for (let item = shown[open]; item && isListItem(item); item = shown[open]) {
    holdsLiteral ||= item.kind === 'literal' || item === LIST || item.text === '…';
    open -= 1;
  }
  const before = lastWritten(shown, open);
  if (shown[open]?.text !== '(' || !holdsLiteral || isCalled(shown[before])) {
    shown.push(parenthesis);
    return;
  }
  const row = shown[before]?.text === ',' ? lastWritten(shown, before) : -1;
  if (shown[row] === LIST) shown.length = row + 1;
  else shown.splice(open, Number.POSITIVE_INFINITY, LIST);
}

const isCalled = (before: Token | undefined): boolean =>
  before?.kind === 'name' || (before?.kind === 'word' && !COLLAPSES_AFTER.test(before.text));

const isListItem = (token: Token): boolean =>
  token.kind === 'literal' || token.kind === 'space' || token === LIST || LIST_ITEM.test(token.text);

/** The index of the last token before `end` that is not space; -1 where there is none. */
function lastWritten(shown: readonly Token[], end: number): number {
  return shown[end - 1]?.kind === 'space' ? end - 2 : end - 1;
}

/**
 * A statement without its literals, whatever `sql_mode` the session that runs it has chosen for itself: its text is read
 * with and without backslash escapes, and where the two readings part, the rest is dropped. Text in double quotes is
 * taken for a literal always, since ANSI_QUOTES is a session's own choice too.
 */
export function safeMask(text: string): string {
  // Stryker disable next-line ObjectLiteral: what is not set is false
  const escaped = maskStatement(text, { noBackslashEscapes: false, ansiQuotes: false });
  const plain = maskStatement(text, { noBackslashEscapes: true, ansiQuotes: false });
  if (escaped === plain) return escaped;
  let same = 0;
  while (escaped[same] === plain[same]) same++;
  return `${escaped.slice(0, same)}…`;
}

/** A statement without its literals, in one case and spacing: the same for all executions of one statement. Not for show. */
export const fingerprintOf = (text: string): string => safeMask(text).toLowerCase();

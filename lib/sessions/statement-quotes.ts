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

import { maskStatement } from './mask-statement.ts';

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

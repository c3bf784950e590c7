/**
 * True where `text` is wholly what `pattern` describes: `*` matches any run of characters, the empty one too; every
 * other character matches itself, in its own case. There is no escape: a literal `*` cannot be asked for.
 *
 * Time is linear in both lengths, whatever they hold, so patterns may come from callers.
 */
export function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts.shift() ?? '';
  const last = parts.pop();
  if (last === undefined) return pattern === text;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;

  const end = text.length - last.length;
  let from = first.length;
  for (const part of parts) {
    if (part === '') continue;
    const found = indexOf(text, part, from, end);
    if (found < 0) return false;
    from = found + part.length;
  }
  return true;
}

/** True where any of the patterns matches. */
export const anyGlobMatches = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => globMatches(pattern, text));

/** Knuth–Morris–Pratt, because `String.prototype.indexOf` is quadratic on text made for it. */
function indexOf(text: string, part: string, from: number, end: number): number {
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = from; at < end; at += 1) {
    while (matched > 0 && text[at] !== part[matched]) matched = borders[matched - 1] ?? 0;
    if (text[at] === part[matched]) matched += 1;
    if (matched === part.length) return at + 1 - matched;
  }
  return -1;
}

/** For each prefix of `part`, the length of its longest proper prefix that is also its suffix. */
function bordersOf(part: string): readonly number[] {
  const borders = [0];
  let length = 0;
  for (let at = 1; at < part.length; at += 1) {
    while (length > 0 && part[at] !== part[length]) length = borders[length - 1] ?? 0;
    if (part[at] === part[length]) length += 1;
    borders.push(length);
  }
  return borders;
}

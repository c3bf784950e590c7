// Control characters, line ends and marks of direction: they command a terminal, forge a line, or turn a text round. Joiners
// stay, since languages and emoji need them.
const HIDDEN = '[\\p{Cc}\\p{Bidi_Control}\\p{Zl}\\p{Zp}\\p{Cs}]';
const IN_OUTPUT = new RegExp(`(?![\\n\\t])${HIDDEN}`, 'gu');
const IN_VALUE = new RegExp(`${HIDDEN}|\\\\(?=u[0-9a-f]{4})`, 'gu');
const ESCAPED = /\\u([0-9a-f]{4})/g;

const escaped = (character: string): string =>
  character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What a program prints, lines and tabs apart, with such characters as `\u202e`; JSON keeps its meaning. */
export const printable = (output: string): string => output.replace(IN_OUTPUT, escaped);

/** A value as one piece of one line; {@link asItWas} undoes it. */
export const visible = (value: string): string => value.replace(IN_VALUE, escaped);

/** The value of which {@link visible} made this. */
export const asItWas = (shown: string): string =>
  shown.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** The same object with every text in it {@link visible}. */
export function visibleIn<T>(value: T): T {
  if (typeof value === 'string') return visible(value) as T;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(visibleIn) as T;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visibleIn(one)])) as T;
}

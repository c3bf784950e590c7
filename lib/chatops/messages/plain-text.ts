// Control and format characters, line ends and private ones: a value of theirs could forge a line or turn a text round.
const UNSAFE = /[\p{C}\u2028\u2029]+/gu;

/**
 * A value as one line of plain text, at most `max` characters: control characters, line ends and those that change the
 * direction of writing become a space. Safe in a log line too.
 */
export function plainText(value: string, max: number): string {
  const text = value
    .toWellFormed()
    .slice(0, max * 8)
    .replace(UNSAFE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

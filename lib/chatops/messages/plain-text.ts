// Control and format characters, line ends and private ones: a value of theirs could forge a line or turn a text round.
const UNSAFE = /[\p{C}\u2028\u2029]+/gu;

/** What begins or ends markup on some platform, and what looks like it. */
const LOOKALIKES: Readonly<Record<string, string>> = { '`': 'ˋ', '<': '‹', '>': '›', '&': '＆' };

/** A picture's lines as text that keeps its spaces and is no markup on any platform, each at most `max` characters. */
export const plainPicture = (lines: readonly string[], max: number): readonly string[] =>
  lines.map((line) => {
    const text = line.toWellFormed().slice(0, max * 8);
    const characters = [...text.replace(UNSAFE, ' ').trimEnd()].map((one) => LOOKALIKES[one] ?? one);
    return characters.length <= max ? characters.join('') : `${characters.slice(0, max - 1).join('')}…`;
  });

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

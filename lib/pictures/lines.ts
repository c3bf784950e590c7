import { styleText } from 'node:util';
import { inWords } from '../reaper/units.ts';
import { printable } from '../sessions/masking/visible.ts';

/** Shown for every value that the server does not provide. */
export const NOT_KNOWN = 'not known';

/** The look of a piece of a line. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

/** A piece of a line: text of anybody, and perhaps how it looks. It holds no commands for a terminal when it is printed. */
export type Piece = string | { readonly text: string; readonly style: Style };

/** In a table, in place of what the server does not show. */
export const UNKNOWN: Piece = { text: '?', style: 'dim' };

/** Seconds in a table. */
export const age = (seconds: number | null): Piece => (seconds === null ? UNKNOWN : inWords(Math.max(0, seconds)));

/** One line, of one piece or of several. */
export type Line = Piece | readonly Piece[];

const isPieces = (line: Line): line is readonly Piece[] => Array.isArray(line);

/** A piece's text, as it is printed: on one line, and without commands for a terminal. Done twice it is the same. */
export const textOf = (piece: Piece): string =>
  printable(typeof piece === 'string' ? piece : piece.text).replace(/[\n\t]+/g, ' ');

/** The same with other text. */
export const withText = (piece: Piece, text: string): Piece => (typeof piece === 'string' ? text : { ...piece, text });

/** A line for a terminal; only our own styles command it. */
export function rendered(line: Line, inColour: boolean): string {
  const pieces = isPieces(line) ? line : [line];
  return pieces
    .map((piece) =>
      typeof piece === 'string' || !inColour
        ? textOf(piece)
        : styleText(piece.style, textOf(piece), { validateStream: false }),
    )
    .join('')
    .trimEnd();
}

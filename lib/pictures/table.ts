import stringWidth from 'string-width';
import type { SessionGroup } from '../sessions/list-sessions.ts';
import { age, type Line, type Piece, textOf, withText } from './lines.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Piece;
  readonly align?: 'right';
  /** It may be cut down to so many places; never where it is left out. */
  readonly least?: number;
  /** Left out where there is no room: those with the highest first. */
  readonly sacrifice?: number;
  /** Left out where every cell is empty. */
  readonly optional?: true;
  /** The last one, which runs past the width rather than be cut. */
  readonly endless?: true;
}

const GAP = 2;
/** What an endless column is sure to get. */
const ENDLESS = 20;

/** Text cut to a width, with dots in place of what is left out. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let shown = '';
  let taken = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    taken += stringWidth(segment);
    if (taken > width - 1) break;
    shown += segment;
  }
  return `${shown}…`;
}

interface Laid<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly Piece[];
  readonly natural: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const taken = (widths: readonly number[]): number => sum(widths) + GAP * Math.max(0, widths.length - 1);

/** Widths that fit, the widest column cut first; `undefined` where they do not. */
function fitting<Row>(laid: readonly Laid<Row>[], width: number): readonly number[] | undefined {
  const widths = laid.map(({ natural }) => natural);
  const least = laid.map(({ column, natural }) => Math.min(natural, column.least ?? natural));
  for (let over = taken(widths) - width; over > 0; over = taken(widths) - width) {
    const [at = -1] = widths
      .map((_, index) => index)
      .filter((index) => (widths[index] ?? 0) > (least[index] ?? 0))
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (at < 0) return undefined;
    // Down to the next widest at once; the rest is shared.
    const next = Math.max(...widths.filter((_, index) => index !== at), 0);
    const now = widths[at] ?? 0;
    widths[at] = Math.max(least[at] ?? 0, now - over, Math.min(now - 1, next));
  }
  return widths;
}

/** Rows below their titles, each column as wide as it must be, the whole no wider than `width` while that is possible. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Line[] {
  let laid = columns
    .map((column): Laid<Row> => {
      const cells = rows.map(column.cell);
      const widest = Math.max(stringWidth(column.title), ...cells.map((cell) => stringWidth(textOf(cell))));
      return { column, cells, natural: column.endless ? Math.min(widest, ENDLESS) : widest };
    })
    .filter(({ column, cells }) => column.optional !== true || cells.some((cell) => textOf(cell) !== ''));
  let widths = fitting(laid, width);
  while (widths === undefined) {
    const most = Math.max(...laid.map(({ column }) => column.sacrifice ?? 0));
    if (most === 0) {
      widths = laid.map(({ column, natural }) => Math.min(natural, column.least ?? natural));
      break;
    }
    laid = laid.filter(({ column }) => (column.sacrifice ?? 0) < most);
    widths = fitting(laid, width);
  }
  const found = widths;
  const line = (pieces: readonly Piece[]): Line =>
    pieces.flatMap((piece, at) => {
      const [room = 0, isLast] = [found[at], at === pieces.length - 1];
      const text = laid[at]?.column.endless ? textOf(piece) : cut(textOf(piece), room);
      const space = ' '.repeat(Math.max(0, room - stringWidth(text)));
      const shown = withText(piece, text);
      const aligned = laid[at]?.column.align === 'right' ? [space, shown] : [shown, isLast ? '' : space];
      return [...aligned, isLast ? '' : ' '.repeat(GAP)];
    });
  return [
    line(laid.map(({ column }) => ({ text: column.title, style: 'bold' }))),
    ...rows.map((_, row) => line(laid.map(({ cells }) => cells[row] ?? ''))),
  ];
}

/** What the picture needs of a group. */
interface CountedGroup extends Omit<SessionGroup, 'idleFor5m' | 'example'> {
  readonly example: { readonly id: string };
}

const number = (count: number): Piece => (count === 0 ? '' : count.toLocaleString('en-US'));

const groupName = ({ value, known }: CountedGroup): Piece =>
  known ? (value ?? { text: '– none', style: 'dim' }) : { text: '? not known', style: 'dim' };

const inTransaction = ({ inTransaction: count, transactionUnknown }: CountedGroup): Piece =>
  transactionUnknown === 0 ? number(count) : { text: count === 0 ? '?' : `${count}+?`, style: 'dim' };

const columns = (by: string): readonly Column<CountedGroup>[] => [
  { title: 'Sessions', cell: ({ count }) => number(count), align: 'right' },
  { title: 'Idle', cell: ({ idle }) => number(idle), align: 'right' },
  { title: 'In trx', cell: inTransaction, align: 'right' },
  { title: 'Oldest', cell: ({ oldest }) => age(oldest), align: 'right' },
  { title: 'Example', cell: ({ example }) => ({ text: example.id, style: 'dim' }), sacrifice: 1 },
  { title: by === 'db' ? 'Db' : by.charAt(0).toUpperCase() + by.slice(1), cell: groupName, least: 12 },
];

/** Sessions counted by a column: a table of at most `width` places, as the groups come. */
export const countsTable = (by: string, groups: readonly CountedGroup[], width: number): readonly Line[] =>
  groups.length === 0 ? [] : table(columns(by), groups, width);

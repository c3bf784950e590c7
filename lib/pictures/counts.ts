import type { SessionGroup } from '../sessions/list-sessions.ts';
import { age, type Line, type Piece } from './lines.ts';
import { type Column, table } from './table.ts';

/** What the picture needs of a group. */
export interface CountedGroup extends Omit<SessionGroup, 'idleFor5m' | 'example'> {
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

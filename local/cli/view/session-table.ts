import type { Session } from '../../../client/api.d.ts';
import type { ForestNode } from '../../../lib/pictures/forest.ts';
import { age, type Line, type Piece, UNKNOWN } from '../../../lib/pictures/lines.ts';
import { type Column, table } from '../../../lib/pictures/table.ts';
import { orNotSaid } from '../api/read-answer.ts';

const NONE: Piece = { text: '–', style: 'dim' };
/** Of a tag, for the eye: what is sent is the whole. */
const SHORT_TAG = 8;

/** A column that shows as not known what the server does not say. */
export const tolerant = <Row>(column: Column<Row>): Column<Row> => ({
  ...column,
  cell: (row) => orNotSaid(() => column.cell(row), UNKNOWN),
});

/** Who holds up whom, by the ID of who waits. */
export type Blocked = ReadonlyMap<string, { readonly by: string; readonly likely: boolean }>;

/** Reads who waits for whom off the forest. */
export function blockedIn(forest: readonly ForestNode[]): Blocked {
  const blocked = new Map<string, { by: string; likely: boolean }>();
  const walk = (node: ForestNode): void => {
    for (const waiter of node.waiters) {
      if (waiter.id !== null && !blocked.has(waiter.id))
        blocked.set(waiter.id, { by: node.id ?? '?', likely: node.likely });
      walk(waiter);
    }
  };
  for (const root of forest) walk(root);
  return blocked;
}

const isUnknown = ({ unknown }: Session, name: string): boolean => unknown.some(({ field }) => field === name);

const shown = (session: Session, field: 'user' | 'host' | 'db' | 'state'): Piece =>
  session[field] ?? (isUnknown(session, field) ? UNKNOWN : field === 'state' ? '' : NONE);

function transactionAge(session: Session): Piece {
  if (isUnknown(session, 'transaction')) return UNKNOWN;
  if (session.transaction === null) return '';
  const shownAge = age(session.transaction.time);
  return typeof shownAge === 'string' ? { text: shownAge, style: 'yellow' } : shownAge;
}

function statementOf(session: Session): Piece {
  if (isUnknown(session, 'statement')) return UNKNOWN;
  if (session.statement === null) return '';
  return session.statement.text ?? UNKNOWN;
}

function columns(blocked: Blocked, isFull: boolean): readonly Column<Session>[] {
  const by = ({ id }: Session): Piece => {
    const found = blocked.get(id);
    return found === undefined ? '' : { text: found.likely ? `${found.by}?` : found.by, style: 'red' };
  };
  return [
    { title: 'Id', cell: ({ id }) => id },
    { title: 'Tag', cell: ({ tag }) => ({ text: tag.slice(0, SHORT_TAG), style: 'dim' }), sacrifice: 1 },
    { title: 'Tenant', cell: ({ tenant }) => tenant ?? '', least: 6, sacrifice: 2, optional: true },
    { title: 'User', cell: (session) => shown(session, 'user'), least: 8 },
    { title: 'Host', cell: (session) => shown(session, 'host'), least: 9, sacrifice: 4 },
    { title: 'Db', cell: (session) => shown(session, 'db'), least: 5, sacrifice: 3 },
    { title: 'Command', cell: ({ command }) => command, least: 7 },
    { title: 'State', cell: (session) => shown(session, 'state'), least: 8, optional: true },
    { title: 'Time', cell: ({ time }) => age(time), align: 'right' },
    { title: 'Trx', cell: transactionAge, align: 'right', optional: true },
    { title: 'Blocker', cell: by, optional: true },
    { title: 'Statement', cell: statementOf, ...(isFull ? { endless: true } : { least: 12 }), optional: true },
  ];
}

/** Sessions as a table that fits the width; with `isFull` whole statements run past it. */
export const sessionTable = (
  sessions: readonly Session[],
  { blocked, width, isFull }: { readonly blocked: Blocked; readonly width: number; readonly isFull: boolean },
): readonly Line[] => table(columns(blocked, isFull).map(tolerant), sessions, width);

const IN_TABLE: readonly string[] = [
  'user',
  'host',
  'db',
  'state',
  'time',
  'statement',
  'text',
  'transaction',
  'transactionTime',
];

/** True where the table shows a `?` that `warden show` explains. */
export const hasUnknown = (sessions: readonly Session[]): boolean =>
  sessions.some(({ unknown }) => unknown.some(({ field }) => IN_TABLE.includes(field)));

/** `1 session`, `2,413 sessions`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** What a rule asks for and the server does not show. */
export const undecided = ({ field, why }: { readonly field: string; readonly why: string }): string =>
  `It asks for ${field}, which is not known here. No session that depends on it is ended. ${why}`;

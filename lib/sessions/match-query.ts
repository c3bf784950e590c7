import { globMatches } from '../privileges/glob.ts';
import { allHold, anyHolds, type Holds, negate } from './holds.ts';
import { safeMask } from './masking/mask-statement.ts';
import { FILTERED_COLUMNS, type FilteredColumn, isAsleep, isUnknown, type Session } from './session.ts';
import { showsLiterals, type Viewer } from './session-view.ts';

/** Which sessions to list. Text filters compare exactly, with `*` for any run of characters; they narrow together. What is not known matches none. */
export interface SessionFilters extends Readonly<Partial<Record<FilteredColumn, string>>> {
  readonly user?: string;
  /** The client's address, with or without its port. */
  readonly host?: string;
  readonly db?: string;
  readonly command?: string;
  readonly state?: string;
  /** Seconds in the present command, at least. A session whose time is unknown does not match. */
  readonly minTime?: number;
  /** Seconds asleep, at least: `command` Sleep and `minTime`. */
  readonly idleFor?: number;
  readonly inTransaction?: boolean;
  /** Holds, or does not hold, a lock that another session waits for. A session of which it is not known matches neither. */
  readonly blocking?: boolean;
  /** Part of the statement as the principal reads it, whatever its case: masked, unless it is shown in full. Of one longer than what a list reads, only its beginning is known. */
  readonly text?: string;
}

/** Which sessions to list, in what order, and how much of them. */
export interface SessionQuery extends SessionFilters {
  /** `id`, `time` or `user`, with a leading `-` for descending. */
  readonly sort: 'id' | '-id' | 'time' | '-time' | 'user' | '-user';
  /** Rows of a page, 1 to 1,000. */
  readonly limit: number;
  readonly cursor?: string;
  /** Statements with literals and as far as a list reads them, where the principal may read them so. */
  readonly full: boolean;
}

type Column = 'user' | 'host' | 'db' | 'state' | FilteredColumn;

/** What is not there is like nothing that is asked for; what is not known may be. */
const isLike = (session: Session, column: Column, pattern: string, more: readonly (string | null)[] = []): Holds =>
  isUnknown(session, column)
    ? undefined
    : anyHolds([session[column], ...more], (value) => value !== null && globMatches(pattern, value));

const isAtLeast = ({ time }: Session, seconds: number): Holds => (time === null ? undefined : time >= seconds);

/** True where a part of the statement is in what the caller reads of it: else literals could be told by trial. */
function says(session: Session, part: string, viewer: Pick<Viewer, 'access' | 'full'>): Holds {
  const { statement } = session;
  if (isUnknown(session, 'statement')) return undefined;
  if (statement === null) return false;
  if (statement.text === null) return undefined;
  const shown = showsLiterals(viewer) ? statement.text : safeMask(statement.text);
  return shown.toLowerCase().includes(part.toLowerCase()) || (statement.textIsCut ? undefined : false);
}

const inTransaction = (session: Session): Holds =>
  isUnknown(session, 'transaction') ? undefined : session.transaction !== null;

/** Whether every filter of a query lets a session through; `undefined` where that hangs on what the server does not show. */
export function matchesQuery(session: Session, query: SessionFilters, viewer: Pick<Viewer, 'access' | 'full'>): Holds {
  const { user, host, db, command, state, minTime, idleFor, text } = query;
  const asked: (() => Holds)[] = [];
  if (user !== undefined) asked.push(() => isLike(session, 'user', user));
  if (host !== undefined) asked.push(() => isLike(session, 'host', host, [session.host?.replace(/:\d+$/, '') ?? null]));
  if (db !== undefined) asked.push(() => isLike(session, 'db', db));
  if (command !== undefined) asked.push(() => globMatches(command, session.command));
  if (state !== undefined) asked.push(() => isLike(session, 'state', state));
  for (const column of FILTERED_COLUMNS) {
    const pattern = query[column];
    if (pattern !== undefined) asked.push(() => isLike(session, column, pattern));
  }
  if (minTime !== undefined) asked.push(() => isAtLeast(session, minTime));
  if (idleFor !== undefined) asked.push(() => isAsleep(session.command) && isAtLeast(session, idleFor));
  if (query.inTransaction !== undefined)
    asked.push(() => (query.inTransaction ? inTransaction(session) : negate(inTransaction(session))));
  // Last, since it reads the whole statement.
  if (text !== undefined) asked.push(() => says(session, text, viewer));
  return allHold(asked, (holds) => holds());
}

/** A session's place in an order: the sorted column, then the ID, so that every session has a place of its own. */
export type Position = readonly [key: string | number | null, id: string];

const compare = <Key extends string | number>(a: Key, b: Key): number => (a < b ? -1 : Number(a > b));

/** IDs are digit strings without leading zeros: the longer is the larger. */
const compareIds = (a: string, b: string): number => a.length - b.length || compare(a, b);

/** What is unknown comes last going up and first going down. */
const compareKeys = (a: Position[0], b: Position[0]): number =>
  a === null || b === null ? Number(a === null) - Number(b === null) : compare(a, b);

/** A session's place in the order of a query. */
export function positionOf(session: Session, sort: SessionQuery['sort']): Position {
  if (sort.endsWith('time')) return [session.time, session.id];
  return sort.endsWith('user') ? [session.user, session.id] : [null, session.id];
}

/** Compares two places; ties of the column go by ID, upwards. */
export function comparePositions(a: Position, b: Position, sort: SessionQuery['sort']): number {
  const [first, second] = sort.startsWith('-') ? [b, a] : [a, b];
  const [low, high] = sort === '-id' ? [b, a] : [a, b];
  return compareKeys(first[0], second[0]) || compareIds(low[1], high[1]);
}

/** The position that a cursor carries, or `undefined` for anything else. */
export function toPosition(value: unknown): Position | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [key, id]: unknown[] = value;
  const isKey = key === null || typeof key === 'string' || typeof key === 'number';
  return isKey && typeof id === 'string' ? [key, id] : undefined;
}

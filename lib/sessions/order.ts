import type { SessionQuery } from './list-sessions.ts';
import type { Session } from './session.ts';

/** Where a session stands in an order: the sorted column, then the ID, so that every session has a place of its own. */
export type Position = readonly [key: string | number | null, id: string];

const compare = <Key extends string | number>(a: Key, b: Key): number => (a < b ? -1 : Number(a > b));

/** IDs are digit strings without leading zeros: the longer is the larger. */
const compareIds = (a: string, b: string): number => a.length - b.length || compare(a, b);

/** What is unknown stands last going up and first going down. */
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

import type { SessionQuery } from './list-sessions.ts';
import type { Session } from './session.ts';

/** Where a session stands in an order: the sorted column, then the ID, so that every session has a place of its own. */
export type Position = readonly [key: string | number | null, id: string];

/** IDs are digit strings without leading zeros: the longer is the larger. */
const compareIds = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

function compareKeys(a: Position[0], b: Position[0]): number {
  if (a === b) return 0;
  // What is unknown stands last going up and first going down.
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** A session's place in the order of a query. */
export function positionOf(session: Session, sort: SessionQuery['sort']): Position {
  if (sort.endsWith('time')) return [session.time, session.id];
  return sort.endsWith('user') ? [session.user, session.id] : [null, session.id];
}

/** Compares two places; ties of the column go by ID, upwards. */
export function comparePositions(a: Position, b: Position, sort: SessionQuery['sort']): number {
  const down = sort.startsWith('-') ? -1 : 1;
  const byKey = compareKeys(a[0], b[0]) * down;
  return byKey || compareIds(a[1], b[1]) * (sort === '-id' ? -1 : 1);
}

/** The position that a cursor carries, or `undefined` for anything else. */
export function toPosition(value: unknown): Position | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [key, id]: unknown[] = value;
  const isKey = key === null || typeof key === 'string' || typeof key === 'number';
  return isKey && typeof id === 'string' ? [key, id] : undefined;
}

import { encodeTime } from 'ulid';
import type { AuditQuery } from '../audit.ts';

const FIRST = '0'.repeat(26);
const LAST = `7${'Z'.repeat(25)}`;

/** The smallest ID that a record of this moment (ISO 8601) can have. */
export const firstIdAt = (time: string): string => encodeTime(Math.max(0, Date.parse(time)), 10) + '0'.repeat(16);

/** IDs from `from` on (inclusive) and before `before` (exclusive). */
export interface IdRange {
  readonly from: string;
  readonly before: string;
}

/** The IDs that a query's times and place leave; an ID begins with its time, so they are one range. */
export function rangeOf({ from, to, after }: Pick<AuditQuery, 'from' | 'to' | 'after'>): IdRange {
  const ends = [to === undefined ? LAST : firstIdAt(to), after ?? LAST].toSorted();
  return { from: from === undefined ? FIRST : firstIdAt(from), before: ends[0] ?? LAST };
}

import type { Row } from './connection.ts';
import type { StatementRecord } from './database.ts';

/**
 * What a server's record says of a statement that was to be cut.
 *
 * @param rows - the session's statements from this one on, oldest first: `statementId`, `running`, `cut`, `afterKill`
 * @returns `unknown` while nothing is decided: it still runs, its entry is no longer kept, or it ended by itself and the
 * statement that came next, which then may have taken the cut, still runs
 */
export function judgeRecord(rows: readonly Row[], statementId: string): StatementRecord {
  const is = (row: Row, flag: string): boolean => Number(row[flag]) === 1;
  // An entry that has ended outweighs the same statement seen running a moment before.
  const entries = new Map<string, Row>();
  for (const row of rows) entries.set(String(row['statementId']), row);
  const own = entries.get(statementId);
  if (own === undefined || is(own, 'running')) return 'unknown';
  if (is(own, 'cut')) return 'cut';
  entries.delete(statementId);
  const later = [...entries.values()];
  // Where ours came while this one still ran, it may have been taken here, and the later one cut by somebody else.
  if (later.some((row) => is(row, 'cut')))
    return own['afterKill'] === null || is(own, 'afterKill') ? 'cut-later' : 'cut-another';
  if (later.length === 1 && later.some((row) => is(row, 'running'))) return 'unknown';
  if (own['afterKill'] === null) return 'ended';
  return is(own, 'afterKill') ? 'ended-after' : 'ended-itself';
}

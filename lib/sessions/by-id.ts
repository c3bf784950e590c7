import { AppError } from '../errors.ts';
import type { Session, SessionId } from './session.ts';

/** The IDs that more than one row bears: nodes of a cluster may each have a session of that ID, and KILL names no node. */
export function ambiguousIds(rows: readonly Session[]): ReadonlySet<SessionId> {
  const seen = new Set<SessionId>();
  const twice = new Set<SessionId>();
  for (const { id } of rows) (seen.has(id) ? twice : seen).add(id);
  return twice;
}

/** Which session a KILL of such an ID would end is in doubt, so there is none. */
export const ambiguous = (): AppError =>
  new AppError('target-elsewhere', { detail: 'Several nodes list a session of this ID, and a KILL names no node.' });

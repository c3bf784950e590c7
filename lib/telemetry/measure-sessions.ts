import { isAsleep, isBeingKilled, isUnknown, type Session, type SessionId } from '../sessions/session.ts';
import { areMetricsOn, measure } from './samples.ts';

/** Measures a whole process list by state; our own session is not counted. */
export function measureSessions(sessions: readonly Session[], ownId: SessionId): void {
  if (!areMetricsOn()) return;
  const seen = { Sessions: 0, ActiveSessions: 0, IdleSessions: 0, IdleInTransactionSessions: 0, DyingSessions: 0 };
  // Where transactions are not shown, none would be a false figure.
  let isHidden = false;
  for (const session of sessions) {
    if (session.id === ownId) continue;
    seen.Sessions++;
    if (isBeingKilled(session)) seen.DyingSessions++;
    else if (!isAsleep(session.command)) seen.ActiveSessions++;
    else {
      isHidden ||= isUnknown(session, 'transaction');
      if (session.transaction === null) seen.IdleSessions++;
      else seen.IdleInTransactionSessions++;
    }
  }
  for (const name of Object.keys(seen) as (keyof typeof seen)[])
    if (!(isHidden && name === 'IdleInTransactionSessions')) measure(name, seen[name]);
}

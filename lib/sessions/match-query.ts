import { globMatches } from '../privileges/glob.ts';
import type { SessionQuery } from './list-sessions.ts';
import { safeMask } from './mask-session.ts';
import { isAsleep, type Session } from './session.ts';

const is = (pattern: string | undefined, value: string | null): boolean =>
  pattern === undefined || (value !== null && globMatches(pattern, value));

const isSameOrEither = (pattern: string | undefined, host: string | null): boolean =>
  is(pattern, host) || is(pattern, host?.replace(/:\d+$/, '') ?? null);

/** True for a session that every filter of the query lets through. What a server does not tell matches no filter. */
export function matchesQuery(session: Session, query: SessionQuery): boolean {
  const { minTime, idleFor, inTransaction, text } = query;
  const time = session.time ?? Number.NaN;
  return (
    is(query.user, session.user) &&
    isSameOrEither(query.host, session.host) &&
    is(query.db, session.db) &&
    is(query.command, session.command) &&
    is(query.state, session.state || null) &&
    (minTime === undefined || time >= minTime) &&
    (idleFor === undefined || (isAsleep(session.command) && time >= idleFor)) &&
    (inTransaction === undefined || (session.transaction !== null) === inTransaction) &&
    // On the masked text: a filter on the whole would tell literals by trial to one who may not read them.
    (text === undefined ||
      (!!session.statement?.text && safeMask(session.statement.text).toLowerCase().includes(text.toLowerCase())))
  );
}

import { allHold, anyHolds, type Holds, negate } from '../holds.ts';
import { globMatches } from '../privileges/glob.ts';
import type { SessionQuery } from './list-sessions.ts';
import { safeMask } from './mask-session.ts';
import { isAsleep, isUnknown, type Session } from './session.ts';
import { showsLiterals, type Viewer } from './session-view.ts';

type Column = 'user' | 'host' | 'db' | 'state' | 'tenant' | 'proxySessionId';

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
export function matchesQuery(session: Session, query: SessionQuery, viewer: Pick<Viewer, 'access' | 'full'>): Holds {
  const { user, host, db, command, state, tenant, proxySessionId, minTime, idleFor, text } = query;
  const asked: (() => Holds)[] = [];
  if (user !== undefined) asked.push(() => isLike(session, 'user', user));
  if (host !== undefined) asked.push(() => isLike(session, 'host', host, [session.host?.replace(/:\d+$/, '') ?? null]));
  if (db !== undefined) asked.push(() => isLike(session, 'db', db));
  if (command !== undefined) asked.push(() => globMatches(command, session.command));
  if (state !== undefined) asked.push(() => isLike(session, 'state', state));
  if (tenant !== undefined) asked.push(() => isLike(session, 'tenant', tenant));
  if (proxySessionId !== undefined) asked.push(() => isLike(session, 'proxySessionId', proxySessionId));
  if (minTime !== undefined) asked.push(() => isAtLeast(session, minTime));
  if (idleFor !== undefined) asked.push(() => isAsleep(session.command) && isAtLeast(session, idleFor));
  if (query.inTransaction !== undefined)
    asked.push(() => (query.inTransaction ? inTransaction(session) : negate(inTransaction(session))));
  // Last, since it reads the whole statement.
  if (text !== undefined) asked.push(() => says(session, text, viewer));
  return allHold(asked, (holds) => holds());
}

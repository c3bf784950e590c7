import { setTimeout as sleep } from 'node:timers/promises';
import type { Session, SessionId } from '../sessions/session.ts';
import type { Unread } from './dialect.ts';

/** Others read a row for less than a millisecond; a KILL of MariaDB may hold it for longer. */
const DELAYS_MS = [0, 0, 1, 2, 5, 10, 20, 50, 100, 200];

/** Reads these sessions, or all. */
type Read = (ids: readonly SessionId[] | undefined) => Promise<readonly Session[]>;

/**
 * Reads sessions, and those again that the server did not show in full, for at most 0.4 seconds.
 *
 * @param unread - see {@link Dialect.unread}
 * @returns what is still not shown in full then is marked `readInPart`, or shown without a statement's identity
 */
export async function readInFull(
  read: Read,
  ids: readonly SessionId[] | undefined,
  unread: Unread | null,
): Promise<readonly Session[]> {
  let sessions = await read(ids);
  if (unread === null) return sessions;
  const isUnread = ({ command }: Session): boolean => command === unread.command;
  for (const delay of DELAYS_MS.slice(0, unread.tries)) {
    const missing = sessions.filter(isUnread).map(({ id }) => id);
    if (missing.length === 0) return sessions;
    await sleep(delay);
    const again = new Map((await read(missing)).map((session) => [session.id, session]));
    sessions = sessions.flatMap((session) => (isUnread(session) ? (again.get(session.id) ?? []) : session));
  }
  const { lasting } = unread;
  const asItIs = (session: Session): Session =>
    lasting === null ? { ...session, readInPart: true } : { ...session, command: lasting };
  return sessions.map((session) => (isUnread(session) ? asItIs(session) : session));
}

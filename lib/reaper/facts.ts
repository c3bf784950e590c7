import type { Engine } from '../database/database.ts';
import { blockingOf, type LockWait } from '../sessions/lock-wait.ts';
import type { Session, SessionId } from '../sessions/session.ts';

/** What one look at a server showed. */
export interface Snapshot {
  readonly sessions: readonly Session[];
  /** Who waits for whose lock; `null` where it was not asked for or the server does not tell. */
  readonly waits: readonly LockWait[] | null;
  /** How many connections the server allows; `null` where it was not asked for or the server does not tell. */
  readonly maxConnections: number | null;
  /** How many of them are used; as many as there are sessions where it is not given. */
  readonly usedConnections?: number;
  /** Our own connection, which never counts; `null` for a recorded list. */
  readonly ownId: SessionId | null;
  /** Where it is known. */
  readonly engine?: Engine;
}

/** A session with what is known of it from beyond its row. */
export interface Facts {
  readonly session: Session;
  /** Others wait for a lock that it holds; `undefined` where locks are not known, or not who holds one that it may hold. */
  readonly blocking: boolean | undefined;
  /** Seconds that it has waited for a lock, 0 where it waits for none; `undefined` where not known. */
  readonly blockedFor: number | undefined;
}

/** Joins each session with the locks. */
export function factsOf({ sessions, waits }: Snapshot): readonly Facts[] {
  if (waits === null) return sessions.map((session) => ({ session, blocking: undefined, blockedFor: undefined }));
  const blocking = blockingOf(waits);
  const waitsOf = Map.groupBy(waits, ({ waiter }) => waiter);
  return sessions.map((session) => ({
    session,
    blocking: blocking(session),
    blockedFor: (waitsOf.get(session.id) ?? []).reduce<number | undefined>(longer, 0),
  }));
}

/** One wait of unknown length makes the longest unknown. */
const longer = (longest: number | undefined, { seconds }: LockWait): number | undefined =>
  longest === undefined || seconds === null ? undefined : Math.max(longest, seconds);

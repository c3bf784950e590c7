import { isUnknown, type Session, type SessionId } from './session.ts';

/** What a session waits for where the storage engine's row locks are meant, and not one of the server's own. */
export const ROW_LOCK = 'row lock';

/**
 * One session that waits for a lock, and one that holds it. Many may wait for one, and one for many. That a session waits is
 * certain always; who holds the lock is not.
 */
export interface LockWait {
  readonly waiter: SessionId;
  /** `null` where no session holds it, or it is not known which; then there is a `reason`. */
  readonly blocker: SessionId | null;
  /** Seconds that it has waited, or `null` where the engine does not tell. */
  readonly seconds: number | null;
  /** What it waits for, in the server's words: `row lock`, `table metadata lock`, `global read lock`. */
  readonly lock: string;
  /** The blocker may or may not hold it; `reason` says why that is not known. */
  readonly likely?: true;
  /** Why the holder is not known, or is no session: one public sentence. */
  readonly reason?: string;
  /** A prepared XA transaction holds it: one of these, as `XA COMMIT` and `XA ROLLBACK` take them. */
  readonly xa?: readonly string[];
}

/** True where the holder is known: a session for certain, or a prepared XA transaction, which is none. */
const isExplained = ({ blocker, likely, xa }: LockWait): boolean => !likely && (blocker !== null || xa !== undefined);

/** A session that holds the one's lock must be in a transaction, if it is a lock on a row. */
const cannotHold = ({ lock }: LockWait, session: Session): boolean =>
  lock === ROW_LOCK && session.transaction === null && !isUnknown(session, 'transaction');

/**
 * Whether others wait for a session: `undefined` where that is not known, which is so of all that may hold a lock whose
 * holder is not known.
 */
export function blockingOf(waits: readonly LockWait[]): (session: Session) => boolean | undefined {
  const certain = new Set(waits.filter(({ likely }) => !likely).map(({ blocker }) => blocker));
  const explained = new Set(waits.filter(isExplained).map(({ waiter }) => waiter));
  const open = waits.filter(({ waiter }) => !explained.has(waiter));
  return (session) => {
    if (certain.has(session.id)) return true;
    const mayHold = open.some((wait) => wait.waiter !== session.id && !cannotHold(wait, session));
    return mayHold || waits.some(({ likely, blocker }) => likely && blocker === session.id) ? undefined : false;
  };
}

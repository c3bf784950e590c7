import type { Row } from '../database.ts';
import type { LockReader, LockWait } from '../dialect.ts';
import { idOf, textOf } from './innodb-lock-waits.ts';

// Of a row that waits, ID1 is the holder's transaction and ID2 its session. That is measured for rows; of a table's lock (TM),
// and of a holder on another observer, ID2 may be 4294967295 or 0, and the transaction is right.
const waiting = (prefix: Prefix, waiter: string): string => `SELECT ${waiter} AS waiter, l.TYPE AS type,
    CAST(l.ID1 AS CHAR) AS transaction, CAST(l.ID2 AS CHAR) AS session, MAX(l.CTIME) / 1000000 AS seconds
  FROM oceanbase.${prefix}OB_LOCKS l WHERE l.BLOCK = 1 GROUP BY waiter, l.TYPE, l.ID1, l.ID2`;
const BY_SESSION = 'CAST(l.SESSION_ID AS CHAR)';
// Before 4.3.5 and 4.2.5 the view has no SESSION_ID, and ID2 is another thing.
const byTransaction = (prefix: Prefix): string =>
  `(SELECT CAST(MAX(w.ID) AS CHAR) FROM oceanbase.${prefix}OB_PROCESSLIST w WHERE w.TRANS_ID = l.TRANS_ID)`;
const holdingIn = (
  prefix: Prefix,
): string => `SELECT DISTINCT CAST(l.TRANS_ID AS CHAR) AS transaction, CAST(l.SESSION_ID AS CHAR) AS session
  FROM oceanbase.${prefix}OB_LOCKS l WHERE l.BLOCK = 0`;
const sessionsIn = (prefix: Prefix): string =>
  `SELECT CAST(p.ID AS CHAR) AS id, CAST(p.TRANS_ID AS CHAR) AS transaction FROM oceanbase.${prefix}OB_PROCESSLIST p`;

// GET_LOCK writes into a table of the server's own, again and again while another has the lock; that takes no second otherwise.
const userLocks = (
  prefix: Prefix,
): string => `SELECT CAST(p.ID AS CHAR) AS waiter, p.TIME AS seconds FROM oceanbase.${prefix}OB_PROCESSLIST p
  WHERE p.TIME >= 1 AND p.INFO LIKE 'INSERT INTO oceanbase.\\_\\_all\\_detect\\_lock\\_info%'`;

/** The views of one observer, or of the whole cluster. */
export type Prefix = 'V$' | 'GV$';

const KINDS: Readonly<Record<string, string>> = { TR: 'row lock', TX: 'row lock', TM: 'table lock', UL: 'user lock' };

const NO_SESSION =
  'The transaction that holds it has no session on this server: it runs on another node, or is left over from a session that ended.';
const OF_USER_LOCK = 'The server does not tell who holds a lock of GET_LOCK: SELECT IS_USED_LOCK(name) does.';

const whole = (seconds: unknown): number | null => {
  const count = Number(seconds);
  return seconds !== null && Number.isFinite(count) && count >= 0 ? Math.floor(count) : null;
};

function toWait(row: Row, sessions: readonly Row[] | null, holding: readonly Row[]): LockWait | undefined {
  const waiter = idOf(row['waiter']);
  if (waiter === null) return undefined;
  const isHolder = ({ transaction }: Row): boolean => textOf(transaction) === textOf(row['transaction']);
  // Where the list of sessions is kept from us, the lock's own word is all there is.
  const isListed = (id: string | null): boolean =>
    id !== null && (sessions === null || sessions.some((session) => textOf(session['id']) === id));
  const blocker = [holding.find(isHolder)?.['session'], sessions?.find(isHolder)?.['id'], row['session']]
    .map(idOf)
    .find(isListed);
  const wait = { waiter, lock: KINDS[textOf(row['type'])] ?? 'lock', seconds: whole(row['seconds']) };
  return blocker === undefined || blocker === null
    ? { ...wait, blocker: null, reason: NO_SESSION }
    : { ...wait, blocker };
}

/** The `lockWaits` of OceanBase. */
export const oceanbaseLockWaits =
  (prefix: Prefix) =>
  async ({ need, may }: LockReader): Promise<readonly LockWait[]> => {
    const rows = (await may(waiting(prefix, BY_SESSION))) ?? (await need(waiting(prefix, byTransaction(prefix))));
    const waits: (LockWait | undefined)[] = ((await may(userLocks(prefix))) ?? []).map((row) => {
      const waiter = idOf(row['waiter']);
      if (waiter === null) return undefined;
      return { waiter, blocker: null, lock: 'user lock', seconds: whole(row['seconds']), reason: OF_USER_LOCK };
    });
    if (rows.length > 0) {
      const sessions = await may(sessionsIn(prefix));
      const holding = (await may(holdingIn(prefix))) ?? [];
      waits.push(...rows.map((row) => toWait(row, sessions, holding)));
    }
    return waits.filter((wait) => wait !== undefined);
  };

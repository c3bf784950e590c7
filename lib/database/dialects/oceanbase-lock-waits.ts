import type { LockReader, LockWait, Told } from '../dialect.ts';
import { idOf, textOf } from './innodb-lock-waits.ts';

// Of a row that waits, ID1 is the holder's transaction and ID2 its session. That is measured for rows; of a table's lock (TM)
// ID2 may be 4294967295, and the transaction is right.
const WAITING = `SELECT CAST(l.SESSION_ID AS CHAR) AS waiter, l.TYPE AS type, CAST(l.ID1 AS CHAR) AS transaction,
    CAST(l.ID2 AS CHAR) AS session, MAX(l.CTIME) / 1000000 AS seconds
  FROM oceanbase.V$OB_LOCKS l WHERE l.BLOCK = 1 GROUP BY l.SESSION_ID, l.TYPE, l.ID1, l.ID2`;
const HOLDING = `SELECT DISTINCT CAST(l.TRANS_ID AS CHAR) AS transaction, CAST(l.SESSION_ID AS CHAR) AS session
  FROM oceanbase.V$OB_LOCKS l WHERE l.BLOCK = 0`;
const sessionsIn = (view: string): string => `SELECT CAST(p.ID AS CHAR) AS id FROM oceanbase.${view} p`;

// GET_LOCK writes into a table of the server's own, again and again while another has the lock; that takes no second otherwise.
const USER_LOCKS = `SELECT CAST(p.ID AS CHAR) AS waiter, p.TIME AS seconds FROM oceanbase.V$OB_PROCESSLIST p
  WHERE p.TIME >= 1 AND p.INFO LIKE 'INSERT INTO oceanbase.\\_\\_all\\_detect\\_lock\\_info%'`;

const KINDS: Readonly<Record<string, string>> = { TR: 'row lock', TX: 'row lock', TM: 'table lock', UL: 'user lock' };

const NO_SESSION =
  'The transaction that holds it has no session on this server: it runs on another node, or is left over from a session that ended.';
const OF_USER_LOCK = 'The server does not tell who holds a lock of GET_LOCK: SELECT IS_USED_LOCK(name) does.';

const whole = (seconds: unknown): number | null => {
  const count = Number(seconds);
  return seconds !== null && Number.isFinite(count) && count >= 0 ? Math.floor(count) : null;
};

function toWait(row: Told, sessions: ReadonlySet<string>, holding: readonly Told[]): LockWait | undefined {
  const waiter = idOf(row['waiter']);
  if (waiter === null) return undefined;
  const ofTransaction = holding.find(({ transaction }) => textOf(transaction) === textOf(row['transaction']));
  const blocker = [ofTransaction?.['session'], row['session']].map(idOf).find((id) => id !== null && sessions.has(id));
  const wait = { waiter, lock: KINDS[textOf(row['type'])] ?? 'lock', seconds: whole(row['seconds']) };
  return blocker === undefined || blocker === null
    ? { ...wait, blocker: null, reason: NO_SESSION }
    : { ...wait, blocker };
}

/** The `lockWaits` of OceanBase. */
export async function oceanbaseLockWaits({ need, may }: LockReader): Promise<readonly LockWait[]> {
  const waiting = await need(WAITING);
  const userLocks = (await may(USER_LOCKS)) ?? [];
  const waits: (LockWait | undefined)[] = userLocks.map((row) => {
    const waiter = idOf(row['waiter']);
    if (waiter === null) return undefined;
    return { waiter, blocker: null, lock: 'user lock', seconds: whole(row['seconds']), reason: OF_USER_LOCK };
  });
  if (waiting.length > 0) {
    const listed = (await may(sessionsIn('GV$OB_PROCESSLIST'))) ?? (await may(sessionsIn('V$OB_PROCESSLIST')));
    const holding = (await may(HOLDING)) ?? [];
    // Where the list of sessions is kept from us, the lock's own word is all there is.
    const ids = new Set((listed ?? waiting).map((row) => textOf(row['id'] ?? row['session'])));
    waits.push(...waiting.map((row) => toWait(row, ids, holding)));
  }
  return waits.filter((wait) => wait !== undefined);
}

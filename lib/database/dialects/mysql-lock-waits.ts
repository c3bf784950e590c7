import type { Row } from '../database.ts';
import type { LockReader, LockWait } from '../dialect.ts';
import {
  addRowLocks,
  type Holder,
  Holders,
  holdersOf,
  idOf,
  isRowLock,
  type Lock,
  type PreparedXa,
  ROW_LOCKS,
  readWaiters,
  textOf,
  toWaits,
} from './innodb-lock-waits.ts';
import { type LockModes, OBJECT_MODES, SCOPED_MODES, TABLE_MODES, type Waiter } from './lock-requests.ts';

// The threads that data_lock_waits names are no help: an INSERT's lock is made explicit by the first who waits for it, and
// then bears the thread of that one. The transactions that it names are right.
const ROWS = `SELECT CAST(w.trx_mysql_thread_id AS CHAR) AS waiter, CAST(b.trx_mysql_thread_id AS CHAR) AS blocker,
    l.BLOCKING_ENGINE_LOCK_ID = b.trx_requested_lock_id AS queued
  FROM performance_schema.data_lock_waits l
    JOIN information_schema.innodb_trx w ON w.trx_id = l.REQUESTING_ENGINE_TRANSACTION_ID
    LEFT JOIN information_schema.innodb_trx b ON b.trx_id = l.BLOCKING_ENGINE_TRANSACTION_ID`;

// All locks on what anybody waits for. A thread that is gone has left its locks to a prepared XA transaction.
const METADATA = `SELECT m.OBJECT_TYPE AS type, m.OBJECT_SCHEMA AS db, m.OBJECT_NAME AS name, m.LOCK_TYPE AS mode,
    m.LOCK_STATUS AS status, t.THREAD_ID IS NULL AS orphaned, CAST(t.PROCESSLIST_ID AS CHAR) AS id
  FROM performance_schema.metadata_locks m
    JOIN (SELECT DISTINCT OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME FROM performance_schema.metadata_locks
      WHERE LOCK_STATUS = 'PENDING') w ON w.OBJECT_TYPE = m.OBJECT_TYPE
      AND w.OBJECT_SCHEMA <=> m.OBJECT_SCHEMA AND w.OBJECT_NAME <=> m.OBJECT_NAME
    LEFT JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
  WHERE m.LOCK_STATUS IN ('GRANTED', 'PENDING')`;

// Tables that sessions have open.
const TABLES = `SELECT CAST(t.PROCESSLIST_ID AS CHAR) AS id, t.PROCESSLIST_TIME AS seconds, h.OBJECT_SCHEMA AS db,
    h.OBJECT_NAME AS name, h.INTERNAL_LOCK AS mode
  FROM performance_schema.table_handles h JOIN performance_schema.threads t ON t.THREAD_ID = h.OWNER_THREAD_ID
  WHERE h.OWNER_THREAD_ID > 0 AND t.PROCESSLIST_ID <> CONNECTION_ID()`;

const SCOPED = [
  'GLOBAL',
  'COMMIT',
  'SCHEMA',
  'TABLESPACE',
  'BACKUP LOCK',
  'RESOURCE_GROUPS',
  'FOREIGN KEY',
  'CHECK CONSTRAINT',
];
const modesOf = (type: string): LockModes => (SCOPED.includes(type) ? SCOPED_MODES : OBJECT_MODES);

function addMetadataLocks(holders: Holders, rows: readonly Row[]): void {
  const granted: Lock[] = [];
  const pending: Lock[] = [];
  for (const row of rows) {
    const owner = idOf(row['id']);
    // A thread without an ID is the server's own: no one can end it here.
    if (owner === null && Number(row['orphaned']) !== 1) continue;
    const type = textOf(row['type']);
    const object = JSON.stringify([type, row['db'], row['name']]);
    const lock = { owner, object, modes: modesOf(type), mode: textOf(row['mode']) };
    (row['status'] === 'PENDING' ? pending : granted).push(lock);
  }
  for (const request of pending)
    if (request.owner !== null) holders.add(request.owner, holdersOf(request, granted, pending));
}

function addTableLocks(holders: Holders, rows: readonly Row[], waiting: ReadonlySet<string>): void {
  const locks = rows.flatMap((row): Lock[] => {
    const mode = /WRITE|READ/.exec(textOf(row['mode']))?.[0];
    const object = JSON.stringify([row['db'], row['name']]);
    return mode === undefined ? [] : [{ owner: idOf(row['id']), object, modes: TABLE_MODES, mode }];
  });
  const isPending = ({ owner }: Lock): boolean => owner !== null && waiting.has(owner);
  const granted = locks.filter((lock) => !isPending(lock));
  const pending = locks.filter(isPending);
  for (const request of pending)
    if (request.owner !== null) holders.add(request.owner, holdersOf(request, granted, pending));
}

/** FLUSH TABLES without a list waits for every table that was open when it began. */
const FLUSHES_ALL = /^\s*flush\s+(?:local\s+|no_write_to_binlog\s+)?tables?\s*(?:with\s+read\s+lock\s*)?;?\s*$/i;

/** Who has tables open and has had them since before the flush began. The server does not tell which of them have the old version. */
function flushHolders({ id, seconds, text }: Waiter, rows: readonly Row[], waiting: ReadonlySet<string>) {
  const since = new Map<string, number>();
  for (const row of rows) {
    const owner = idOf(row['id']);
    if (owner !== null && owner !== id && !waiting.has(owner)) since.set(owner, Number(row['seconds']));
  }
  const mayHold = [...since].filter(([, open]) => open >= (seconds ?? 0));
  return mayHold.flatMap(([owner, open]): Holder[] => {
    const isCertain = mayHold.length === 1 || (FLUSHES_ALL.test(text) && open > (seconds ?? 0));
    return [isCertain ? { blocker: idOf(owner) } : { blocker: idOf(owner), likely: true }];
  });
}

/** `0x6731…` with the lengths of both parts, as XA RECOVER CONVERT XID gives it → `'g1','b',7`. */
function toXid(row: Row): string {
  const bytes = Buffer.from(textOf(row['data']).replace(/^0x/, ''), 'hex');
  const global = Number(row['gtrid_length']);
  const part = (from: number, to: number): string => {
    const text = bytes.subarray(from, to);
    const plain = text.toString('latin1');
    return /^[\w .:/@-]*$/.test(plain) ? `'${plain}'` : `X'${text.toString('hex')}'`;
  };
  return `${part(0, global)},${part(global, global + Number(row['bqual_length']))},${Number(row['formatID'])}`;
}

const xidsOf = (rows: readonly Row[] | null): PreparedXa => rows?.map(toXid) ?? null;

const XA_DENIED =
  'A transaction without a session holds it, most likely a prepared XA transaction. XA RECOVER names it: our account needs XA_RECOVER_ADMIN for that.';
const DENIED = 'Our account may not read who holds it: it needs SELECT on performance_schema.';
const OFF = 'performance_schema is off on this server, so it does not tell who holds it.';
const NOT_INSTRUMENTED =
  "The server does not note who holds it: UPDATE performance_schema.setup_instruments SET ENABLED = 'YES', TIMED = 'YES' WHERE NAME = 'wait/lock/metadata/sql/mdl' makes it, for locks taken from then on.";
const UNKNOWN = 'The server does not tell who holds it.';

/** The server's instrument of metadata locks, which is on unless it was turned off. */
export const MDL_IS_OFF =
  "SELECT 1 FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl' AND ENABLED = 'NO'";

async function whyUnknown({ may }: LockReader): Promise<(waiter: Waiter) => string> {
  const [on] = (await may('SELECT @@performance_schema AS told')) ?? [];
  if (Number(on?.['told']) !== 1) return () => OFF;
  const [off, rows] = [await may(MDL_IS_OFF), await may('SELECT 1 FROM performance_schema.metadata_locks LIMIT 0')];
  if (off === null || rows === null) return () => DENIED;
  return (waiter) => (off.length > 0 && !isRowLock(waiter) ? NOT_INSTRUMENTED : UNKNOWN);
}

/** The `lockWaits` of MySQL. */
export async function mysqlLockWaits(reader: LockReader): Promise<readonly LockWait[]> {
  const waiters = await readWaiters(reader);
  if (waiters.size === 0) return [];
  const all = [...waiters.values()];
  const holders = new Holders();
  if (all.some(isRowLock))
    addRowLocks(holders, (await reader.may(ROWS)) ?? (await reader.may(ROW_LOCKS)) ?? [], 'drop');
  if (!all.every(isRowLock)) addMetadataLocks(holders, (await reader.may(METADATA)) ?? []);
  const [flushing, forTables] = ['table flush', 'table level lock'].map((lock) =>
    all.filter((one) => one.lock === lock),
  );
  if (flushing?.length || forTables?.length) {
    const tables = (await reader.may(TABLES)) ?? [];
    addTableLocks(holders, tables, new Set(forTables?.map(({ id }) => id)));
    const waiting = new Set(flushing?.map(({ id }) => id));
    for (const waiter of flushing ?? []) holders.add(waiter.id, flushHolders(waiter, tables, waiting));
  }
  return toWaits(reader, waiters, {
    holders,
    prepared: async () => xidsOf(await reader.may('XA RECOVER CONVERT XID')),
    xaDenied: XA_DENIED,
    why: () => whyUnknown(reader),
  });
}

import type { SessionId } from '../../sessions/session.ts';
import type { Row } from '../database.ts';
import type { Aim, Dialect, LockReader, LockWait } from '../dialect.ts';
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
import { BETWEEN, mysqlLingering, mysqlSources } from './mysql-sources.ts';
import { SETTINGS } from './shared.ts';

// The threads that data_lock_waits names are no help: an INSERT's lock is made explicit by the first who waits for it, and
// then bears the thread of that one. The transactions that it names are right.
const ROW_WAITS = `SELECT CAST(w.trx_mysql_thread_id AS CHAR) AS waiter, CAST(b.trx_mysql_thread_id AS CHAR) AS blocker,
    l.BLOCKING_ENGINE_LOCK_ID = b.trx_requested_lock_id AS queued
  FROM performance_schema.data_lock_waits l
    JOIN information_schema.innodb_trx w ON w.trx_id = l.REQUESTING_ENGINE_TRANSACTION_ID
    LEFT JOIN information_schema.innodb_trx b ON b.trx_id = l.BLOCKING_ENGINE_TRANSACTION_ID`;

// All locks on what anybody waits for. A thread that is gone has left its locks to a prepared XA transaction.
const METADATA_LOCKS = `SELECT m.OBJECT_TYPE AS type, m.OBJECT_SCHEMA AS db, m.OBJECT_NAME AS name, m.LOCK_TYPE AS mode,
    m.LOCK_STATUS AS status, t.THREAD_ID IS NULL AS orphaned, CAST(t.PROCESSLIST_ID AS CHAR) AS id
  FROM performance_schema.metadata_locks m
    JOIN (SELECT DISTINCT OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME FROM performance_schema.metadata_locks
      WHERE LOCK_STATUS = 'PENDING') w ON w.OBJECT_TYPE = m.OBJECT_TYPE
      AND w.OBJECT_SCHEMA <=> m.OBJECT_SCHEMA AND w.OBJECT_NAME <=> m.OBJECT_NAME
    LEFT JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
  WHERE m.LOCK_STATUS IN ('GRANTED', 'PENDING')`;

// Tables that sessions have open.
const TABLE_LOCKS = `SELECT CAST(t.PROCESSLIST_ID AS CHAR) AS id, t.PROCESSLIST_TIME AS seconds, h.OBJECT_SCHEMA AS db,
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
const LOCKS_DENIED = 'Our account may not read who holds it: it needs SELECT on performance_schema.';
const SCHEMA_OFF = 'performance_schema is off on this server, so it does not tell who holds it.';
const NOT_INSTRUMENTED =
  "The server does not note who holds it: UPDATE performance_schema.setup_instruments SET ENABLED = 'YES', TIMED = 'YES' WHERE NAME = 'wait/lock/metadata/sql/mdl' makes it, for locks taken from then on.";
const HOLDER_UNKNOWN = 'The server does not tell who holds it.';

/** The server's instrument of metadata locks, which is on unless it was turned off. */
const MDL_IS_OFF =
  "SELECT 1 FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl' AND ENABLED = 'NO'";

async function whyUnknown({ may }: LockReader): Promise<(waiter: Waiter) => string> {
  const [on] = (await may('SELECT @@performance_schema AS told')) ?? [];
  if (Number(on?.['told']) !== 1) return () => SCHEMA_OFF;
  const [off, rows] = [await may(MDL_IS_OFF), await may('SELECT 1 FROM performance_schema.metadata_locks LIMIT 0')];
  if (off === null || rows === null) return () => LOCKS_DENIED;
  return (waiter) => (off.length > 0 && !isRowLock(waiter) ? NOT_INSTRUMENTED : HOLDER_UNKNOWN);
}

/** The `lockWaits` of MySQL. */
export async function mysqlLockWaits(reader: LockReader): Promise<readonly LockWait[]> {
  const waiters = await readWaiters(reader);
  if (waiters.size === 0) return [];
  const all = [...waiters.values()];
  const holders = new Holders();
  if (all.some(isRowLock))
    addRowLocks(holders, (await reader.may(ROW_WAITS)) ?? (await reader.may(ROW_LOCKS)) ?? [], 'drop');
  if (!all.every(isRowLock)) addMetadataLocks(holders, (await reader.may(METADATA_LOCKS)) ?? []);
  const [flushing, forTables] = ['table flush', 'table level lock'].map((lock) =>
    all.filter((one) => one.lock === lock),
  );
  if (flushing?.length || forTables?.length) {
    const tables = (await reader.may(TABLE_LOCKS)) ?? [];
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

/**
 * The `record` of MySQL.
 *
 * Level 0 holds what the client sent, in a transaction and as the call of a procedure too; a scheduled event's statements
 * stand one below.
 *
 * MYSQL_ERRNO 1317 is ER_QUERY_INTERRUPTED. SLEEP and BENCHMARK take a KILL and end without an error, so it is also told
 * whether a statement ended before our KILL began, on the server's own clock; and a later statement counts as cut by us
 * only if it had begun when our KILL ended, since others cancel too. Ten statements a session are kept, ours as well, so
 * the times of the KILL are kept in variables: those of the KILL before the first time that the statement is asked for,
 * since a later KILL, of another statement, began after this one had ended.
 */
const mysqlStatementRecord = (id: string, statementId: string): string => {
  const eventsOf = (table: string, session: string): string =>
    `performance_schema.threads t JOIN performance_schema.${table} e ON e.THREAD_ID = t.THREAD_ID
      WHERE t.PROCESSLIST_ID = ${session} AND e.NESTING_EVENT_LEVEL = IF(t.NAME = 'thread/sql/event_worker', 1, 0)`;
  const lastKill = (
    time: string,
  ): string => `(SELECT MAX(e.${time}) FROM ${eventsOf('events_statements_history', 'CONNECTION_ID()')}
      AND e.EVENT_NAME IN ('statement/sql/kill', 'statement/sql/call_procedure'))`;
  const [begin, end] = [`@session_warden_begin_${statementId}`, `@session_warden_end_${statementId}`];
  return `SET ${begin} = COALESCE(${begin}, ${lastKill('TIMER_START')}), ${end} = COALESCE(${end}, ${lastKill('TIMER_END')});
    SELECT * FROM (
      SELECT e.STATEMENT_ID AS statementId, 0 AS running, COALESCE(e.TIMER_END >= ${begin}, 1) AS afterKill,
          e.MYSQL_ERRNO = 1317 AND (e.STATEMENT_ID = ${statementId} OR e.TIMER_START <= ${end}) AS cut
        FROM ${eventsOf('events_statements_history', id)} AND e.STATEMENT_ID >= ${statementId}
      UNION ALL SELECT e.STATEMENT_ID, 1, 0, 0
        FROM ${eventsOf('events_statements_current', id)} AND e.END_EVENT_ID IS NULL AND e.STATEMENT_ID >= ${statementId}
    ) r ORDER BY statementId, running DESC`;
};

/** An account's name in the form that `information_schema` gives grantees: `'user'@'host'`. */
export const ACCOUNT = (user: string, host: string): string => `CONCAT('''', ${user}, '''@''', ${host}, '''')`;

const CONSUMERS =
  "'global_instrumentation', 'thread_instrumentation', 'events_statements_current', 'events_statements_history', 'events_transactions_current'";
const CONSUMERS_OFF = `SELECT 1 FROM performance_schema.setup_consumers WHERE @@performance_schema = 1 AND ENABLED = 'NO' AND NAME IN (${CONSUMERS})`;

const aimAt = ({ id, statementId }: { readonly id: SessionId; readonly statementId: string | null }): Aim => ({
  before: `DO GET_LOCK('session-warden/${id}', 1)`,
  // The compare is some 90 µs old when its KILL comes, this look some 30 (measured on 9.7).
  ...(statementId !== null && {
    last: {
      look: `SET @session_warden_runs = (SELECT COUNT(*) FROM performance_schema.threads t
        JOIN performance_schema.events_statements_current s ON s.THREAD_ID = t.THREAD_ID
        WHERE t.PROCESSLIST_ID = ${id} AND s.STATEMENT_ID = ${statementId} AND s.END_EVENT_ID IS NULL)`,
      guard: '@session_warden_runs',
    },
  }),
  // No list shows that KILL QUERY has come until the statement has ended, which mostly takes less than this.
  after: `DO SLEEP(0.005), RELEASE_LOCK('session-warden/${id}')`,
});

/** MySQL 5.7 and later. Managed servers (RDS, Aurora) use it with the kill of `rds.ts`. */
export const mysql: Dialect = {
  engine: 'mysql',
  // Two servers made from one disk image share a UUID until one restarts with a new auto.cnf.
  // IDs begin again after a restart, and a client on a socket has no port that would differ. Both terms are whole seconds of
  // the statement's own beginning (SHOW_STARTTIME in mysqld.cc), so that their difference does not move.
  identities: [
    "CONCAT_WS('/', @@server_uuid, @@hostname, @@port, (SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'))",
    "CONCAT_WS('/', @@server_uuid, @@hostname, @@port)",
  ],
  settings: (seconds) => [...SETTINGS, `SET SESSION max_execution_time = ${Math.round(seconds * 1000)}`],
  lingering: mysqlLingering,
  sources: (_version, identity) => mysqlSources(identity),
  // It lasts where performance_schema did not watch a statement from its beginning: then only text and age tell it apart.
  unread: { command: BETWEEN, tries: 6, lasting: 'Query' },
  kill: ({ id }, kind, guard) => `KILL ${kind === 'query' ? 'QUERY' : 'CONNECTION'} IF(${guard}, ${id}, 0)`,
  // Packets hold one statement each here. A call that cannot get the lock goes on without it: any client may hold one of any name.
  aim: ([victim]) => (victim === undefined ? {} : aimAt(victim)),
  killsStatementsExactly: false,
  record: mysqlStatementRecord,
  // XAER_RMERR, which is what XA RECOVER answers for want of XA_RECOVER_ADMIN.
  faults: { 1401: 'privilege' },
  lockWaits: mysqlLockWaits,
  lockNeed: 'PROCESS, and SELECT on performance_schema',
  maxConnections: ['SELECT @@GLOBAL.max_connections AS most'],
  privileges: {
    held: 'SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.user_privileges',
    roles: `SELECT ${ACCOUNT('FROM_USER', 'FROM_HOST')} AS role, ${ACCOUNT('TO_USER', 'TO_HOST')} AS member FROM mysql.role_edges`,
    everybody: 'SELECT @@GLOBAL.mandatory_roles AS roles',
    // CREATE ROLE makes a locked account.
    barred: `SELECT ${ACCOUNT('User', 'Host')} AS account FROM mysql.user WHERE account_locked = 'Y'`,
  },
  superPrivileges: ['SUPER', 'CONNECTION_ADMIN'],
  shownBy: {
    transaction: ['PROCESS'],
    transactionTime: ['PROCESS'],
    memory: ['SELECT on performance_schema'],
    locks: ['PROCESS', 'SELECT on performance_schema'],
  },
  needs: [
    {
      name: 'SELECT on performance_schema',
      effect: 'Statements are told apart by text and age only, and a cut one cannot be proven.',
      probe: `SELECT 1 FROM performance_schema.threads, performance_schema.events_statements_current, performance_schema.events_statements_history, performance_schema.setup_consumers, performance_schema.events_transactions_current, performance_schema.session_connect_attrs LIMIT 0`,
      grant: (account) => `GRANT SELECT ON performance_schema.* TO ${account}`,
    },
    {
      name: 'XA_RECOVER_ADMIN',
      effect: 'Of a prepared XA transaction that holds up others it is told that there is one, and not which.',
      probe: 'XA RECOVER',
      grant: (account) => `GRANT XA_RECOVER_ADMIN ON *.* TO ${account}`,
    },
    {
      ofServer: true,
      name: 'performance_schema',
      effect:
        'Statements are told apart by text and age only, the age of a sleeper begins with its last statement, and SET timestamp changes it.',
      probe: 'SELECT 1 FROM DUAL WHERE @@performance_schema = 0',
      grant: () => 'SET PERSIST_ONLY performance_schema = ON',
    },
    {
      ofServer: true,
      name: 'consumers of performance_schema',
      effect:
        'What they would keep is not known: statements’ identities, how they ended, transactions without a change.',
      probe: CONSUMERS_OFF,
      grant: () => `UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN (${CONSUMERS})`,
    },
    {
      ofServer: true,
      name: 'performance_schema_max_thread_instances',
      effect:
        'Some sessions are missing from performance_schema: their statements are told apart by text and age only.',
      probe:
        "SELECT 1 FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Performance_schema_thread_instances_lost' AND VARIABLE_VALUE > 0",
      grant: () => 'SET PERSIST_ONLY performance_schema_max_thread_instances = -1',
    },
    {
      ofServer: true,
      name: 'instrument wait/lock/metadata/sql/mdl',
      effect: 'Who waits for a metadata lock is told, and not who holds it.',
      probe: MDL_IS_OFF,
      grant: () =>
        "UPDATE performance_schema.setup_instruments SET ENABLED = 'YES', TIMED = 'YES' WHERE NAME = 'wait/lock/metadata/sql/mdl'",
    },
    {
      forRulesOnly: true,
      name: 'SELECT on mysql.role_edges',
      effect: 'Access rules with `from-database` see no privilege of another user.',
      probe: 'SELECT 1 FROM mysql.role_edges, mysql.user LIMIT 0',
      grant: (account) => `GRANT SELECT ON mysql.* TO ${account}`,
    },
  ],
};

import type { Columns, Dialect, Source } from '../dialect.ts';

const BASE: Columns = {
  server: '@@server_uuid',
  id: 'p.ID',
  user: 'p.USER',
  host: 'p.HOST',
  db: 'p.DB',
  command: 'p.COMMAND',
  time: 'p.TIME',
  state: 'p.STATE',
  text: 'p.INFO',
  statementId: 'NULL',
  transactionId: 'NULL',
  transactionState: 'NULL',
  transactionTime: 'NULL',
  tenant: 'NULL',
  proxySessionId: 'NULL',
  memory: 'NULL',
  cpu: 'NULL',
};

/** Columns and join of `information_schema.innodb_trx`; reading it needs PROCESS. MariaDB has the same. */
export const INNODB_TRANSACTIONS = {
  columns: {
    transactionId: 'x.trx_id',
    transactionState: 'x.trx_state',
    transactionTime: 'TIMESTAMPDIFF(SECOND, x.trx_started, NOW())',
  },
  join: 'LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = p.ID',
} as const;

// Text and STATEMENT_ID come from one row of events_statements_current. The text of the process list is a moment older
// or newer, and next to another statement's ID it would have us kill the wrong one.
const EXACT: Pick<Columns, 'text' | 'statementId'> = {
  text: 'IF(s.STATEMENT_ID IS NULL, p.INFO, s.SQL_TEXT)',
  statementId: 's.STATEMENT_ID',
};
// The three tables are looked up by their hash indexes on ID, PROCESSLIST_ID and THREAD_ID.
const EXACT_FROM = `performance_schema.processlist p
  LEFT JOIN performance_schema.threads t ON t.PROCESSLIST_ID = p.ID
  LEFT JOIN performance_schema.events_statements_current s
    ON s.THREAD_ID = t.THREAD_ID AND s.NESTING_EVENT_ID IS NULL AND s.END_EVENT_ID IS NULL`;

// Each of those look-ups takes some 20 µs, and nearly all sessions of a list run nothing: the running statements are
// gathered first. The LIMITs keep the optimizer from merging the parts into one join again.
const ALL = 'LIMIT 4294967295';
const EXACT_LIST_FROM = `performance_schema.processlist p
  LEFT JOIN (SELECT t.PROCESSLIST_ID, e.STATEMENT_ID, e.SQL_TEXT
    FROM (SELECT THREAD_ID, STATEMENT_ID, SQL_TEXT FROM performance_schema.events_statements_current
      WHERE NESTING_EVENT_ID IS NULL AND END_EVENT_ID IS NULL ${ALL}) e
    JOIN performance_schema.threads t ON t.THREAD_ID = e.THREAD_ID ${ALL}) s ON s.PROCESSLIST_ID = p.ID`;

/** MySQL's and MariaDB's fallbacks from the best source to the one that every account may read. */
export const withoutTransactions = (source: Source): Source => ({
  ...source,
  listJoins: '',
  columns: { ...source.columns, transactionId: 'NULL', transactionState: 'NULL', transactionTime: 'NULL' },
});

const exact = (server: string): Source => ({
  columns: { ...BASE, server, ...EXACT, ...INNODB_TRANSACTIONS.columns },
  from: EXACT_FROM,
  listFrom: EXACT_LIST_FROM,
  listJoins: INNODB_TRANSACTIONS.join,
  exactStatements: true,
});

// threads.TOTAL_MEMORY came with 8.0.28.
const withMemory = (source: Source): Source => ({
  ...source,
  columns: { ...source.columns, memory: 't.TOTAL_MEMORY' },
});

const plain = (server: string): Source => ({
  columns: { ...BASE, server, ...INNODB_TRANSACTIONS.columns },
  from: 'information_schema.processlist p',
  listJoins: INNODB_TRANSACTIONS.join,
  exactStatements: false,
});

/** An account's name in the form that `information_schema` gives grantees: `'user'@'host'`. */
export const ACCOUNT = (user: string, host: string): string => `CONCAT('''', ${user}, '''@''', ${host}, '''')`;

/**
 * MYSQL_ERRNO 1317 is ER_QUERY_INTERRUPTED. SLEEP and BENCHMARK take a KILL and end without an error, so it is also told
 * whether a statement ended before our KILL began, on the server's own clock; and a later statement counts as cut by us
 * only if it had begun when our KILL ended, since others cancel too. Ten statements a session are kept, ours as well, so
 * the times of the KILL are kept in variables.
 */
const statementRecord = (id: string, statementId: string): string => {
  const eventsOf = (table: string, session: string): string =>
    `performance_schema.threads t JOIN performance_schema.${table} e ON e.THREAD_ID = t.THREAD_ID
      WHERE t.PROCESSLIST_ID = ${session} AND e.NESTING_EVENT_ID IS NULL`;
  const lastKill = (
    time: string,
  ): string => `(SELECT MAX(e.${time}) FROM ${eventsOf('events_statements_history', 'CONNECTION_ID()')}
      AND e.EVENT_NAME IN ('statement/sql/kill', 'statement/sql/call_procedure'))`;
  return `SET @session_warden_begin = COALESCE(${lastKill('TIMER_START')}, @session_warden_begin),
      @session_warden_end = COALESCE(${lastKill('TIMER_END')}, @session_warden_end);
    SELECT * FROM (
      SELECT e.STATEMENT_ID AS statementId, 0 AS running, e.TIMER_END >= @session_warden_begin AS afterKill,
          e.MYSQL_ERRNO = 1317 AND (e.STATEMENT_ID = ${statementId} OR e.TIMER_START <= @session_warden_end) AS cut
        FROM ${eventsOf('events_statements_history', id)} AND e.STATEMENT_ID >= ${statementId}
      UNION ALL SELECT e.STATEMENT_ID, 1, 0, 0
        FROM ${eventsOf('events_statements_current', id)} AND e.END_EVENT_ID IS NULL AND e.STATEMENT_ID >= ${statementId}
    ) r ORDER BY statementId, running DESC`;
};

// Row locks of InnoDB, and metadata locks: of those only pairs that exclude each other for certain (mdl.cc), since the
// view names who waits and who holds, and not who waits for whom. The threads that data_lock_waits names are no help: an
// INSERT's lock is made explicit by the first who waits for it, and then bears the thread of that one.
const LOCK_WAITS = `SELECT CAST(w.trx_mysql_thread_id AS CHAR) AS waiter, CAST(b.trx_mysql_thread_id AS CHAR) AS blocker,
    TIMESTAMPDIFF(SECOND, w.trx_wait_started, NOW()) AS seconds
  FROM performance_schema.data_lock_waits l
    JOIN information_schema.innodb_trx w ON w.trx_id = l.REQUESTING_ENGINE_TRANSACTION_ID
    JOIN information_schema.innodb_trx b ON b.trx_id = l.BLOCKING_ENGINE_TRANSACTION_ID
  UNION SELECT CAST(w.PROCESSLIST_ID AS CHAR), CAST(b.PROCESSLIST_ID AS CHAR), w.PROCESSLIST_TIME
  FROM performance_schema.metadata_locks p
    JOIN performance_schema.metadata_locks g ON g.LOCK_STATUS = 'GRANTED' AND g.OWNER_THREAD_ID <> p.OWNER_THREAD_ID
      AND g.OBJECT_TYPE = p.OBJECT_TYPE AND g.OBJECT_SCHEMA <=> p.OBJECT_SCHEMA AND g.OBJECT_NAME <=> p.OBJECT_NAME
      AND (p.LOCK_TYPE = 'EXCLUSIVE' OR g.LOCK_TYPE IN ('EXCLUSIVE', 'SHARED_NO_READ_WRITE'))
    JOIN performance_schema.threads w ON w.THREAD_ID = p.OWNER_THREAD_ID
    JOIN performance_schema.threads b ON b.THREAD_ID = g.OWNER_THREAD_ID
  WHERE p.LOCK_STATUS = 'PENDING'`;

/** MySQL 5.7 and later. Managed servers (RDS, Aurora) use it with the kill of `rds.ts`. */
export const mysql: Dialect = {
  engine: 'mysql',
  // Two servers made from one disk image share a UUID until one restarts with a new auto.cnf.
  identities: ["CONCAT_WS('/', @@server_uuid, @@hostname, @@port)"],
  setup: (seconds) =>
    `SET SESSION max_execution_time = ${Math.round(seconds * 1000)}, SESSION group_concat_max_len = 65536`,
  sources: (_version, identity) => [
    withMemory(exact(identity)),
    exact(identity),
    withoutTransactions(exact(identity)),
    plain(identity),
    withoutTransactions(plain(identity)),
  ],
  kill: ({ id }, kind, guard) => `KILL ${kind === 'query' ? 'QUERY' : 'CONNECTION'} IF(${guard}, ${id}, 0)`,
  killsStatementsExactly: false,
  record: statementRecord,
  faults: {},
  lockWaits: LOCK_WAITS,
  lockNeed: 'PROCESS, and SELECT on performance_schema',
  privileges: {
    held: 'SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.user_privileges',
    roles: `SELECT ${ACCOUNT('FROM_USER', 'FROM_HOST')} AS role, ${ACCOUNT('TO_USER', 'TO_HOST')} AS member FROM mysql.role_edges`,
  },
  superPrivileges: ['SUPER', 'CONNECTION_ADMIN'],
  needs: [
    {
      name: 'SELECT on performance_schema',
      effect: 'Statements are told apart by text and age only, and a cut one cannot be proven.',
      probe: `SELECT 1 FROM performance_schema.threads, performance_schema.events_statements_current, performance_schema.events_statements_history LIMIT 0`,
      grant: (account) => `GRANT SELECT ON performance_schema.* TO ${account}`,
    },
    {
      name: 'SELECT on mysql.role_edges',
      effect: 'Access rules with `from-database` see no privilege of another user.',
      probe: 'SELECT 1 FROM mysql.role_edges, mysql.user LIMIT 0',
      grant: (account) => `GRANT SELECT ON mysql.* TO ${account}`,
    },
  ],
};

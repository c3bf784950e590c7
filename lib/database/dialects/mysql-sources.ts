import type { Columns, Source } from '../dialect.ts';
import { INNODB_TRANSACTIONS, PROCESS_LIST_COLUMNS, withoutTransactions } from './shared.ts';

// information_schema.processlist is the list: it alone has logins that hang, scheduled events under their own user, and
// every session where performance_schema is off, too small or told to leave some out. performance_schema adds what it
// knows besides: the statement's own identity, and ages that SET timestamp does not change.

// Rows of a consumer that is switched off stay as they were: old statements would be taken for running ones.
const consumersAreOn = (consumer: string): string =>
  `(SELECT COUNT(*) FROM performance_schema.setup_consumers
    WHERE NAME IN ('global_instrumentation', 'thread_instrumentation', '${consumer}') AND ENABLED = 'YES') = 3`;

// So do those of a thread that is not watched any more: setup_actors leaves out the user that a session has changed to.
const IS_WATCHED = "t.INSTRUMENTED = 'YES'";

// Level 0 is what the client sent, in a transaction and in a procedure's call too. A scheduled event's own row bears no ID.
const LEVEL = "IF(t.NAME = 'thread/sql/event_worker', 1, 0)";
const FROM = `information_schema.processlist p
  LEFT JOIN performance_schema.threads t ON t.PROCESSLIST_ID = p.ID
  LEFT JOIN performance_schema.events_statements_current s
    ON s.THREAD_ID = t.THREAD_ID AND s.NESTING_EVENT_LEVEL = ${LEVEL} AND ${IS_WATCHED} AND ${consumersAreOn('events_statements_current')}`;

// For a whole list the tables are read at once: each look-up takes some 20 µs. The LIMITs keep the optimizer from merging
// the parts into one join again.
const ALL = 'LIMIT 4294967295';
const LIST_FROM = `information_schema.processlist p
  LEFT JOIN (SELECT PROCESSLIST_ID, PROCESSLIST_USER, PROCESSLIST_HOST, THREAD_ID, NAME, INSTRUMENTED FROM performance_schema.threads
    WHERE PROCESSLIST_ID IS NOT NULL ${ALL}) t ON t.PROCESSLIST_ID = p.ID
  LEFT JOIN (SELECT THREAD_ID, STATEMENT_ID, SQL_TEXT, TIMER_END, TIMER_WAIT, END_EVENT_ID, NESTING_EVENT_LEVEL
    FROM performance_schema.events_statements_current WHERE ${consumersAreOn('events_statements_current')} ${ALL}) s
    ON s.THREAD_ID = t.THREAD_ID AND s.NESTING_EVENT_LEVEL = ${LEVEL} AND ${IS_WATCHED}`;

const RUNS = '(s.STATEMENT_ID IS NOT NULL AND s.END_EVENT_ID IS NULL)';

// performance_schema cuts a text off at a length of the server's choice, the process list at 65,535 bytes, and a prepared
// statement has its values in the process list only. Inside a procedure the process list shows the inner statement. So the
// process list's text is taken where it begins as the other one does, and mostly goes on.
const IS_CUT = '(LENGTH(s.SQL_TEXT) >= @@performance_schema_max_sql_text_length - 8)';
const KEPT = `IF(${IS_CUT}, LEFT(s.SQL_TEXT, GREATEST(CHAR_LENGTH(s.SQL_TEXT) - 4, 0)), s.SQL_TEXT)`;
const BEGINNING = `IF(p.COMMAND = 'Execute', SUBSTRING_INDEX(${KEPT}, '?', 1), ${KEPT})`;
const USES_INFO = `(NOT ${RUNS} OR s.SQL_TEXT IS NULL OR (p.INFO IS NOT NULL AND (${IS_CUT} OR p.COMMAND = 'Execute')
  AND CAST(LEFT(p.INFO, CHAR_LENGTH(${BEGINNING})) AS BINARY) = CAST(${BEGINNING} AS BINARY)))`;

// Picoseconds since the server's start, modulo 2^64 (213 days). A difference past half of that is one below zero.
const NOW = `(SELECT e.TIMER_START FROM performance_schema.threads o
  JOIN performance_schema.events_statements_current e ON e.THREAD_ID = o.THREAD_ID AND e.NESTING_EVENT_LEVEL = 0
  WHERE o.PROCESSLIST_ID = CONNECTION_ID() LIMIT 1)`;
const SINCE_END = `MOD(CAST(${NOW} AS DECIMAL(30)) - s.TIMER_END + 18446744073709551616, 18446744073709551616)`;
const SECONDS = 'DIV 1000000000000';
const IDLE = `IF(${SINCE_END} < 9223372036854775808, ${SINCE_END} ${SECONDS}, 0)`;

// Inside a procedure the process list shows its definer as user and host, as if the session were his; performance_schema has
// who logged in, whose host bears no port, and whose user is NULL where he is nameless. A scheduled event, and a login that
// hangs, which has no host there, are in the process list only.
const IF_CLIENT = (known: string, shown: string): string =>
  `IF(t.NAME = 'thread/sql/one_connection' AND t.PROCESSLIST_HOST IS NOT NULL, ${known}, ${shown})`;

// Of our own account's sessions only: another could call itself whatever it likes, and a look-up takes some 20 µs.
const PROGRAM = `IF(p.USER = SUBSTRING_INDEX(USER(), '@', 1), (SELECT a.ATTR_VALUE FROM performance_schema.session_connect_attrs a
  WHERE a.PROCESSLIST_ID = p.ID AND a.ATTR_NAME = 'program_name' LIMIT 1), NULL)`;

/**
 * What {@link EXACT} lists as the command of a client whose statement the two tables do not agree on: the process list,
 * which is read first, still has it, and `performance_schema` has it ended, or has not seen it begin.
 */
export const BETWEEN = 'Between statements';

const EXACT: Pick<Columns, 'user' | 'host' | 'command' | 'text' | 'textIsCut' | 'statementId' | 'time' | 'program'> = {
  program: PROGRAM,
  command: `IF(t.NAME = 'thread/sql/one_connection' AND p.COMMAND IN ('Query', 'Execute') AND s.END_EVENT_ID IS NOT NULL, '${BETWEEN}', p.COMMAND)`,
  user: IF_CLIENT("COALESCE(t.PROCESSLIST_USER, '')", 'p.USER'),
  host: IF_CLIENT(
    "IF(LOCATE(':', p.HOST) > 0, CONCAT(t.PROCESSLIST_HOST, ':', SUBSTRING_INDEX(p.HOST, ':', -1)), t.PROCESSLIST_HOST)",
    'p.HOST',
  ),
  text: `IF(${USES_INFO}, p.INFO, s.SQL_TEXT)`,
  textIsCut: `IF(${USES_INFO}, LENGTH(p.INFO) > 65500, ${IS_CUT})`,
  statementId: `IF(${RUNS}, s.STATEMENT_ID, NULL)`,
  // The process list counts a sleeper's seconds from the beginning of its last statement, and from whatever moment a
  // session has SET as its timestamp. One that sleeps in one table and runs in the other has just woken up.
  time: `CASE WHEN p.COMMAND = 'Sleep' AND ${RUNS} THEN NULL
    WHEN p.COMMAND = 'Sleep' AND s.TIMER_END IS NOT NULL THEN ${IDLE}
    WHEN p.COMMAND IN ('Query', 'Execute') AND ${RUNS} AND s.TIMER_WAIT IS NOT NULL THEN s.TIMER_WAIT ${SECONDS}
    ELSE p.TIME END`,
};

// BEGIN alone opens a transaction that InnoDB does not know yet, and its clock has no zone.
const TRANSACTIONS = {
  columns: {
    ...INNODB_TRANSACTIONS.columns,
    transactionState: 'COALESCE(x.trx_state, y.STATE)',
    transactionTime: `COALESCE(y.TIMER_WAIT ${SECONDS}, ${INNODB_TRANSACTIONS.columns.transactionTime})`,
  },
  join: `${INNODB_TRANSACTIONS.join}
    LEFT JOIN (SELECT THREAD_ID, STATE, TIMER_WAIT FROM performance_schema.events_transactions_current
      WHERE STATE = 'ACTIVE' AND AUTOCOMMIT = 'NO' AND ${consumersAreOn('events_transactions_current')} ${ALL}) y
      ON y.THREAD_ID = t.THREAD_ID AND ${IS_WATCHED}`,
};

const NO_RESOURCES = [
  { field: 'memory', why: 'This version of MySQL does not show the memory of a session.' },
  { field: 'cpu', why: 'MySQL does not show the processor time of a session.' },
] as const;

const exact = (server: string): Source => ({
  name: 'information_schema.processlist with performance_schema',
  weakness: null,
  columns: { ...PROCESS_LIST_COLUMNS, server, ...EXACT, ...TRANSACTIONS.columns },
  from: FROM,
  listFrom: LIST_FROM,
  listJoins: TRANSACTIONS.join,
  exactStatements: true,
  unknown: NO_RESOURCES,
});

// threads.TOTAL_MEMORY came with 8.0.28. Only `from` has it.
const withMemory = (source: Source): Source => ({
  ...source,
  columns: { ...source.columns, memory: 't.TOTAL_MEMORY' },
  unknown: NO_RESOURCES.filter(({ field }) => field !== 'memory'),
});

const plain = (server: string): Source => ({
  name: 'information_schema.processlist',
  weakness:
    'performance_schema is off or not readable here: statements are told apart by text and age, and the age of a sleeper begins with its last statement.',
  columns: { ...PROCESS_LIST_COLUMNS, server, ...INNODB_TRANSACTIONS.columns },
  from: 'information_schema.processlist p',
  listJoins: INNODB_TRANSACTIONS.join,
  exactStatements: false,
  unknown: NO_RESOURCES,
});

/** The process list of MySQL, the best source first, down to one that every account may read. @param identity - an SQL expression */
export const mysqlSources = (identity: string): readonly Source[] => [
  withMemory(exact(identity)),
  exact(identity),
  withoutTransactions({ ...exact(identity), columns: { ...PROCESS_LIST_COLUMNS, server: identity, ...EXACT } }),
  plain(identity),
  withoutTransactions(plain(identity)),
];

const inIds = (column: string, ids: readonly string[]): string => `${column} IN (${ids.join(', ')})`;
const OF_THREADS = 'CAST(q.ID AS CHAR) AS id, q.USER AS user, q.HOST AS host, q.DB AS db';
const THREADS = 'performance_schema.processlist q';

/**
 * MySQL drops a killed session from the process list at once, and undoes its work afterwards: its thread, or only its
 * transaction, is known for as long as that takes. Of a whole list only those count that roll back for certain, since a
 * thread that the list lacks may have connected a moment after it.
 */
export const mysqlLingering: readonly ((ids: readonly string[] | undefined) => string)[] = [
  (ids) =>
    ids === undefined
      ? `SELECT CAST(x.trx_mysql_thread_id AS CHAR) AS id, q.USER AS user, q.HOST AS host, q.DB AS db,
            x.trx_rows_modified AS changes FROM information_schema.innodb_trx x LEFT JOIN ${THREADS} ON q.ID = x.trx_mysql_thread_id
          WHERE x.trx_state = 'ROLLING BACK' AND x.trx_mysql_thread_id > 0`
      : `SELECT ${OF_THREADS}, x.trx_rows_modified AS changes FROM ${THREADS}
            LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = q.ID WHERE ${inIds('q.ID', ids)}
          UNION ALL SELECT CAST(x.trx_mysql_thread_id AS CHAR), NULL, NULL, NULL, x.trx_rows_modified
            FROM information_schema.innodb_trx x
          WHERE @@performance_schema = 0 AND ${inIds('x.trx_mysql_thread_id', ids)}`,
  // A transaction that has just ended may be shown for a tenth of a second more (trx0i_s.cc).
  (ids) =>
    `SELECT CAST(x.trx_mysql_thread_id AS CHAR) AS id, NULL AS user, NULL AS host, NULL AS db,
        x.trx_rows_modified AS changes FROM information_schema.innodb_trx x
      WHERE ${ids === undefined ? "x.trx_state = 'ROLLING BACK' AND x.trx_mysql_thread_id > 0" : inIds('x.trx_mysql_thread_id', ids)}`,
  (ids) => `SELECT ${OF_THREADS} FROM ${THREADS} WHERE ${ids === undefined ? 'FALSE' : inIds('q.ID', ids)}`,
];

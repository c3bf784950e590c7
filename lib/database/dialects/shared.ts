import { perEngineColumn } from '../../sessions/session.ts';
import type { Columns, Source } from '../dialect.ts';

/** Every column that a process list may lack, as one that does. */
export const NO_COLUMNS = {
  statementId: 'NULL',
  transactionId: 'NULL',
  transactionState: 'NULL',
  transactionTime: 'NULL',
  program: 'NULL',
  ...perEngineColumn(() => 'NULL'),
} as const satisfies Partial<Columns>;

/** The columns that the process lists of MySQL and MariaDB, called `p`, share; a dialect adds the server, and what it has besides. */
export const PROCESS_LIST_COLUMNS: Omit<Columns, 'server'> = {
  ...NO_COLUMNS,
  id: 'p.ID',
  user: 'p.USER',
  host: 'p.HOST',
  db: 'p.DB',
  command: 'p.COMMAND',
  time: 'p.TIME',
  state: 'p.STATE',
  text: 'p.INFO',
  // PROCESS_LIST_INFO_WIDTH is 65,535 bytes, in MySQL and MariaDB.
  textIsCut: 'LENGTH(p.INFO) > 65500',
};

/**
 * What our session sets for itself on MySQL and MariaDB, whatever the server or its `init_connect` says.
 * `sql_select_limit`, `autocommit` and `wait_timeout` are set before: every engine knows those.
 */
export const SETTINGS: readonly string[] = [
  "SET SESSION sql_mode = ''",
  'SET NAMES utf8mb4',
  // innodb_trx tells times in the machine's zone, NOW() in the session's.
  "SET SESSION time_zone = 'SYSTEM'",
  'SET SESSION timestamp = DEFAULT',
  // In this order: the first switches the second off.
  'SET SESSION max_join_size = 18446744073709551615',
  'SET SESSION sql_big_selects = 1',
  'SET SESSION sql_safe_updates = 0',
  'SET SESSION sql_auto_is_null = 0',
  'SET SESSION group_concat_max_len = 65536',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'SET SESSION completion_type = 0',
  // Nothing that we read is worth waiting for behind a lock.
  'SET SESSION lock_wait_timeout = 2',
  'SET SESSION innodb_lock_wait_timeout = 2',
];

/** Columns and join of `information_schema.innodb_trx`; reading it needs PROCESS. MariaDB has the same. */
export const INNODB_TRANSACTIONS = {
  columns: {
    transactionId: 'x.trx_id',
    transactionState: 'x.trx_state',
    transactionTime: 'TIMESTAMPDIFF(SECOND, x.trx_started, NOW())',
    changes: 'x.trx_rows_modified',
  },
  // MariaDB has two rows of a session that runs ALTER (measured).
  join: `LEFT JOIN (SELECT trx_mysql_thread_id, MIN(trx_id) AS trx_id, MIN(trx_state) AS trx_state, MIN(trx_started) AS trx_started,
      MAX(trx_rows_modified) AS trx_rows_modified FROM information_schema.innodb_trx GROUP BY trx_mysql_thread_id) x ON x.trx_mysql_thread_id = p.ID`,
} as const;

const WHY = 'Our account lacks PROCESS, so transactions are not shown.';
const NO_TRANSACTIONS = [
  { field: 'transaction', why: WHY },
  { field: 'transactionTime', why: WHY },
  { field: 'changes', why: WHY },
] as const;

/** MySQL's and MariaDB's fallbacks from the best source to the one that every account may read. */
export const withoutTransactions = (source: Source): Source => ({
  ...source,
  listJoins: '',
  unknown: [...(source.unknown ?? []), ...NO_TRANSACTIONS],
  columns: {
    ...source.columns,
    transactionId: 'NULL',
    transactionState: 'NULL',
    transactionTime: 'NULL',
    changes: 'NULL',
  },
});

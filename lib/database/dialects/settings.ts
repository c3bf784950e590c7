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

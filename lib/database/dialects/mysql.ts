import type { Dialect } from '../dialect.ts';
import { mysqlLingering, mysqlSources } from './mysql-sources.ts';
import { mysqlStatementRecord } from './mysql-statement-record.ts';
import { SETTINGS } from './settings.ts';

/** An account's name in the form that `information_schema` gives grantees: `'user'@'host'`. */
export const ACCOUNT = (user: string, host: string): string => `CONCAT('''', ${user}, '''@''', ${host}, '''')`;

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
  // IDs begin again after a restart, and a client on a socket has no port that would differ. Both terms are whole seconds of
  // the statement's own beginning (SHOW_STARTTIME in mysqld.cc), so that their difference does not move.
  identities: [
    "CONCAT_WS('/', @@server_uuid, @@hostname, @@port, (SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'))",
    "CONCAT_WS('/', @@server_uuid, @@hostname, @@port)",
  ],
  settings: (seconds) => [...SETTINGS, `SET SESSION max_execution_time = ${Math.round(seconds * 1000)}`],
  lingering: mysqlLingering,
  sources: (_version, identity) => mysqlSources(identity),
  unread: null,
  kill: ({ id }, kind, guard) => `KILL ${kind === 'query' ? 'QUERY' : 'CONNECTION'} IF(${guard}, ${id}, 0)`,
  killsStatementsExactly: false,
  record: mysqlStatementRecord,
  faults: {},
  lockWaits: LOCK_WAITS,
  lockNeed: 'PROCESS, and SELECT on performance_schema',
  maxConnections: 'SELECT @@GLOBAL.max_connections AS most',
  privileges: {
    held: 'SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.user_privileges',
    roles: `SELECT ${ACCOUNT('FROM_USER', 'FROM_HOST')} AS role, ${ACCOUNT('TO_USER', 'TO_HOST')} AS member FROM mysql.role_edges`,
    everybody: 'SELECT @@GLOBAL.mandatory_roles AS roles',
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
      probe: `SELECT 1 FROM performance_schema.threads, performance_schema.events_statements_current, performance_schema.events_statements_history, performance_schema.setup_consumers, performance_schema.events_transactions_current LIMIT 0`,
      grant: (account) => `GRANT SELECT ON performance_schema.* TO ${account}`,
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

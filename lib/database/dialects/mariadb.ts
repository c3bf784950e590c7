import type { Dialect, Source } from '../dialect.ts';
import { mariadbLockWaits } from './mariadb-lock-waits.ts';
import { ACCOUNT } from './mysql.ts';
import { INNODB_TRANSACTIONS, PROCESS_LIST_COLUMNS, SETTINGS, withoutTransactions } from './shared.ts';

const START =
  "(SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM information_schema.global_status WHERE VARIABLE_NAME = 'UPTIME')";

const processList = (server: string): Source => ({
  name: 'information_schema.processlist',
  weakness: null,
  columns: {
    ...PROCESS_LIST_COLUMNS,
    ...INNODB_TRANSACTIONS.columns,
    server,
    statementId: 'p.QUERY_ID',
    memory: 'p.MEMORY_USED',
  },
  from: 'information_schema.processlist p',
  listJoins: INNODB_TRANSACTIONS.join,
  exactStatements: true,
  unknown: [{ field: 'cpu', why: 'MariaDB does not show the processor time of a session.' }],
});

/** MariaDB 10.4 and later. */
export const mariadb: Dialect = {
  engine: 'mariadb',
  // server_uid is a hash of MAC address and port, and containers on two machines share both: the name tells them apart.
  // IDs begin again after a restart, and a client on a socket has no port that would differ. Both terms of the start are
  // whole seconds of the statement's own beginning (show_starttime in mysqld.cc), so that their difference does not move.
  identities: [
    `CONCAT_WS('/', @@server_uid, @@hostname, @@port, ${START})`,
    `CONCAT_WS('/', @@hostname, @@port, @@datadir, ${START})`,
  ],
  settings: (seconds) => [...SETTINGS, `SET SESSION max_statement_time = ${seconds}`],
  // A killed session stays in the list until its work is undone.
  lingering: [],
  sources: (_version, identity) => [processList(identity), withoutTransactions(processList(identity))],
  // fill_schema_processlist in sql/sql_show.cc, where trylock_short fails: one row of 14 with 12 readers and long statements.
  // Another connection reads the same session just then: database and statement are absent, whatever the session does.
  unread: { command: 'Busy', tries: 10, lasting: null },
  // KILL QUERY ID names one execution: the server itself compares, and no window is left.
  kill: ({ id, statementId }, kind, guard) => {
    if (kind === 'connection') return `KILL CONNECTION IF(${guard}, ${id}, 0)`;
    return statementId === null ? `KILL QUERY IF(${guard}, ${id}, 0)` : `KILL QUERY ID IF(${guard}, ${statementId}, 0)`;
  },
  // KILL finds the statement by its ID and then waits for any other KILL of the same session (find_thread_by_id in sql_parse.cc);
  // it is not asked again which statement runs by then. So ours follow one another.
  aim: () => ({ before: "DO GET_LOCK('session-warden', 1)", after: "DO RELEASE_LOCK('session-warden')" }),
  killsStatementsExactly: true,
  record: null,
  lockNeed: 'PROCESS',
  lockWaits: mariadbLockWaits,
  // 1957: unknown query ID. 1969: max_statement_time. 1927: connection was killed. 1979: not owner of the query.
  faults: { 1957: 'no-such-session', 1969: 'timeout', 1927: 'unreachable', 1979: 'privilege' },
  maxConnections: ['SELECT @@GLOBAL.max_connections AS most'],
  privileges: {
    // information_schema.user_privileges leaves roles out; bits 8, 15 and 32 of global_priv are PROCESS, SUPER and
    // CONNECTION ADMIN (sql/privilege.h). Only these are computed: the column holds password hashes too.
    held: `SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.user_privileges
      UNION SELECT ${ACCOUNT('User', 'Host')}, 'PROCESS' FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.access') & 256
      UNION SELECT ${ACCOUNT('User', 'Host')}, 'SUPER' FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.access') & 32768
      UNION SELECT ${ACCOUNT('User', 'Host')}, 'CONNECTION ADMIN' FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.access') & 4294967296`,
    roles: `SELECT ${ACCOUNT('Role', "''")} AS role, ${ACCOUNT('User', 'Host')} AS member FROM mysql.roles_mapping`,
    everybody: `SELECT "PUBLIC@''" AS roles`,
    barred: `SELECT ${ACCOUNT('User', 'Host')} AS account FROM mysql.global_priv
      WHERE JSON_VALUE(Priv, '$.account_locked') = 1 OR JSON_VALUE(Priv, '$.is_role') = 1`,
  },
  superPrivileges: ['SUPER', 'CONNECTION ADMIN'],
  shownBy: { transaction: ['PROCESS'], transactionTime: ['PROCESS'], locks: ['PROCESS'] },
  needs: [
    {
      ofServer: true,
      name: 'plugin metadata_lock_info',
      effect:
        'Who waits for a lock of the server is told, and not who holds it: sessions that may are named as likely.',
      probe: 'SELECT 1 FROM information_schema.METADATA_LOCK_INFO LIMIT 0',
      grant: () => "INSTALL SONAME 'metadata_lock_info'",
    },
    {
      forRulesOnly: true,
      name: 'SELECT on mysql.global_priv and mysql.roles_mapping',
      effect: 'Access rules with `from-database` see no privilege of another user.',
      probe: 'SELECT 1 FROM mysql.global_priv, mysql.roles_mapping LIMIT 0',
      grant: (account) => `GRANT SELECT ON mysql.* TO ${account}`,
    },
  ],
};

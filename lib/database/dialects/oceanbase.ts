import type { Columns, Dialect, Source } from '../dialect.ts';
import { ACCOUNT } from './mysql.ts';

/** An absent value is the text 'NULL' in some views of some versions. */
const orNull = (column: string): string => `NULLIF(${column}, 'NULL')`;

const columns = (server: string): Columns => ({
  server,
  id: 'p.ID',
  user: orNull('p.USER'),
  host: 'p.HOST',
  db: orNull('p.DB'),
  command: 'p.COMMAND',
  time: 'p.TIME',
  state: 'p.STATE',
  text: orNull('p.INFO'),
  statementId: 'p.TRACE_ID',
  transactionId: "NULLIF(CAST(p.TRANS_ID AS CHAR), '0')",
  transactionState: "NULLIF(NULLIF(p.TRANS_STATE, ''), 'IDLE')",
  transactionTime: 'NULL',
  tenant: 'NULL',
  proxySessionId: 'NULL',
  memory: 'NULL',
  cpu: 'p.TOTAL_CPU_TIME',
});

/** A whole cluster: the same ID may live on two nodes, so each row carries its own node. */
const cluster: Source = {
  columns: {
    ...columns("CONCAT(p.SVR_IP, ':', p.SVR_PORT)"),
    tenant: 'p.TENANT',
    proxySessionId: 'CAST(p.PROXY_SESSID AS CHAR)',
  },
  from: 'oceanbase.GV$OB_PROCESSLIST p',
  listJoins: '',
  exactStatements: true,
};

const node = (server: string): Source => ({
  columns: columns(server),
  from: 'oceanbase.V$OB_PROCESSLIST p',
  listJoins: '',
  exactStatements: true,
});

/** When a transaction began; some versions lack the view. */
const withTransactionTime = (source: Source): Source => ({
  ...source,
  columns: { ...source.columns, transactionTime: 'TIMESTAMPDIFF(SECOND, x.ACTIVE_TIME, NOW())' },
  listJoins: 'LEFT JOIN oceanbase.V$OB_TRANSACTION_SCHEDULERS x ON x.SESSION_ID = p.ID',
});

const plain = (server: string): Source => ({
  columns: { ...columns(server), statementId: 'NULL', transactionId: 'NULL', transactionState: 'NULL', cpu: 'NULL' },
  from: 'information_schema.processlist p',
  listJoins: '',
  exactStatements: false,
});

/** OceanBase in MySQL mode, version 4 and later, and its kernel as a single server (seekdb), which has no `GV$` views. */
export const oceanbase: Dialect = {
  engine: 'oceanbase',
  identities: ["CONCAT_WS('/', @@server_uuid, @@port)", "CONCAT_WS('/', @@hostname, @@port)"],
  setup: (seconds) =>
    `SET SESSION ob_query_timeout = ${Math.round(seconds * 1e6)}, SESSION group_concat_max_len = 65536`,
  sources: (version, identity) => [
    ...(/seekdb/i.test(version) ? [] : [cluster]),
    withTransactionTime(node(identity)),
    node(identity),
    plain(identity),
  ],
  unread: null,
  kill: ({ id }, kind, guard) => `KILL ${kind === 'query' ? 'QUERY' : 'CONNECTION'} IF(${guard}, ${id}, 0)`,
  killsStatementsExactly: false,
  // RET_CODE -5065 is OB_ERR_QUERY_INTERRUPTED. seekdb 1.4 has no such view; then there is no record.
  record: (
    id,
    statementId,
  ) => `SELECT a.TRACE_ID AS statementId, 0 AS running, a.RET_CODE = -5065 AS cut, 0 AS afterKill
    FROM oceanbase.GV$OB_SQL_AUDIT a
    WHERE a.SID = ${id} AND a.REQUEST_ID >= (SELECT MAX(b.REQUEST_ID) FROM oceanbase.GV$OB_SQL_AUDIT b
      WHERE b.SID = ${id} AND b.TRACE_ID = '${statementId}')
    ORDER BY a.REQUEST_ID`,
  lockNeed: 'SELECT on the oceanbase views',
  // Of a row that waits, ID2 is the session that holds the lock (measured on seekdb 1.4; a cluster gives its transaction in ID1).
  lockWaits: `SELECT CAST(l.SESSION_ID AS CHAR) AS waiter, CAST(l.ID2 AS CHAR) AS blocker, MAX(l.CTIME) / 1000000 AS seconds
    FROM oceanbase.V$OB_LOCKS l WHERE l.BLOCK = 1 GROUP BY l.SESSION_ID, l.ID2`,
  // 4012: OB_TIMEOUT. 5066: OB_ERR_SESSION_INTERRUPTED.
  faults: { 4012: 'timeout', 5066: 'unreachable' },
  privileges: {
    held: 'SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.user_privileges',
    roles: `SELECT ${ACCOUNT('FROM_USER', 'FROM_HOST')} AS role, ${ACCOUNT('TO_USER', 'TO_HOST')} AS member FROM mysql.role_edges`,
  },
  superPrivileges: ['SUPER'],
  shownBy: {
    transaction: ['SELECT on the oceanbase views'],
    transactionTime: ['SELECT on the oceanbase views'],
    cpu: ['SELECT on the oceanbase views'],
    locks: ['SELECT on the oceanbase views'],
  },
  needs: [
    {
      name: 'SELECT on the oceanbase views',
      effect: 'Statements are told apart by text and age only, and transactions are not shown.',
      probe: 'SELECT 1 FROM oceanbase.V$OB_PROCESSLIST LIMIT 0',
      grant: (account) => `GRANT SELECT ON oceanbase.* TO ${account}`,
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

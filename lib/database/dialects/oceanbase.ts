import type { Row } from '../database.ts';
import type { Columns, Dialect, LockReader, LockWait, Source } from '../dialect.ts';
import { idOf, textOf } from './innodb-lock-waits.ts';
import { ACCOUNT } from './mysql.ts';
import { NO_COLUMNS } from './shared.ts';

// Of a row that waits, ID1 is the holder's transaction and ID2 its session. That is measured for rows; of a table's lock (TM),
// and of a holder on another observer, ID2 may be 4294967295 or 0, and the transaction is right.
const waiting = (prefix: Prefix, waiter: string): string => `SELECT ${waiter} AS waiter, l.TYPE AS type,
    CAST(l.ID1 AS CHAR) AS transaction, CAST(l.ID2 AS CHAR) AS session, MAX(l.CTIME) / 1000000 AS seconds
  FROM oceanbase.${prefix}OB_LOCKS l WHERE l.BLOCK = 1 GROUP BY waiter, l.TYPE, l.ID1, l.ID2`;
const BY_SESSION = 'CAST(l.SESSION_ID AS CHAR)';
// Before 4.3.5 and 4.2.5 the view has no SESSION_ID, and ID2 is another thing.
const byTransaction = (prefix: Prefix): string =>
  `(SELECT CAST(MAX(w.ID) AS CHAR) FROM oceanbase.${prefix}OB_PROCESSLIST w WHERE w.TRANS_ID = l.TRANS_ID)`;
const holdingIn = (
  prefix: Prefix,
): string => `SELECT DISTINCT CAST(l.TRANS_ID AS CHAR) AS transaction, CAST(l.SESSION_ID AS CHAR) AS session
  FROM oceanbase.${prefix}OB_LOCKS l WHERE l.BLOCK = 0`;
const sessionsIn = (prefix: Prefix): string =>
  `SELECT CAST(p.ID AS CHAR) AS id, CAST(p.TRANS_ID AS CHAR) AS transaction FROM oceanbase.${prefix}OB_PROCESSLIST p`;

// GET_LOCK writes into a table of the server's own, again and again while another has the lock; that takes no second otherwise.
const userLocks = (
  prefix: Prefix,
): string => `SELECT CAST(p.ID AS CHAR) AS waiter, p.TIME AS seconds FROM oceanbase.${prefix}OB_PROCESSLIST p
  WHERE p.TIME >= 1 AND p.INFO LIKE 'INSERT INTO oceanbase.\\_\\_all\\_detect\\_lock\\_info%'`;

/** The views of one observer, or of the whole cluster. */
type Prefix = 'V$' | 'GV$';

const KINDS: Readonly<Record<string, string>> = { TR: 'row lock', TX: 'row lock', TM: 'table lock', UL: 'user lock' };

const HOLDER_IS_NO_SESSION =
  'The transaction that holds it has no session on this server: it runs on another node, or is left over from a session that ended.';
const OF_USER_LOCK = 'The server does not tell who holds a lock of GET_LOCK: SELECT IS_USED_LOCK(name) does.';

const whole = (seconds: unknown): number | null => {
  const count = Number(seconds);
  return seconds !== null && Number.isFinite(count) && count >= 0 ? Math.floor(count) : null;
};

function toWait(row: Row, sessions: readonly Row[] | null, holding: readonly Row[]): LockWait | undefined {
  const waiter = idOf(row['waiter']);
  if (waiter === null) return undefined;
  const isHolder = ({ transaction }: Row): boolean => textOf(transaction) === textOf(row['transaction']);
  // Where the list of sessions is kept from us, the lock's own word is all there is.
  const isListed = (id: string | null): boolean =>
    id !== null && (sessions === null || sessions.some((session) => textOf(session['id']) === id));
  const blocker = [holding.find(isHolder)?.['session'], sessions?.find(isHolder)?.['id'], row['session']]
    .map(idOf)
    .find(isListed);
  const wait = { waiter, lock: KINDS[textOf(row['type'])] ?? 'lock', seconds: whole(row['seconds']) };
  return blocker === undefined || blocker === null
    ? { ...wait, blocker: null, reason: HOLDER_IS_NO_SESSION }
    : { ...wait, blocker };
}

/** The `lockWaits` of OceanBase. */
export const oceanbaseLockWaits =
  (prefix: Prefix) =>
  async ({ need, may }: LockReader): Promise<readonly LockWait[]> => {
    const rows = (await may(waiting(prefix, BY_SESSION))) ?? (await need(waiting(prefix, byTransaction(prefix))));
    const waits: (LockWait | undefined)[] = ((await may(userLocks(prefix))) ?? []).map((row) => {
      const waiter = idOf(row['waiter']);
      if (waiter === null) return undefined;
      return { waiter, blocker: null, lock: 'user lock', seconds: whole(row['seconds']), reason: OF_USER_LOCK };
    });
    if (rows.length > 0) {
      const sessions = await may(sessionsIn(prefix));
      const holding = (await may(holdingIn(prefix))) ?? [];
      waits.push(...rows.map((row) => toWait(row, sessions, holding)));
    }
    return waits.filter((wait) => wait !== undefined);
  };

/** An absent value is the text 'NULL' in some views of some versions. */
const orNull = (column: string): string => `NULLIF(${column}, 'NULL')`;

/** One execution of a statement: all statements of one packet share a trace. */
export const identityOf = (trace: string, text: string): string =>
  `CONCAT(${trace}, '-', LEFT(SHA2(${text}, 256), 16))`;

/** What all of OceanBase's process lists share, called `p`. */
export const OCEANBASE_COLUMNS: Omit<Columns, 'server'> = {
  ...NO_COLUMNS,
  id: 'p.ID',
  // Workers of a cluster have an empty user.
  user: `NULLIF(${orNull('p.USER')}, '')`,
  host: 'p.HOST',
  db: orNull('p.DB'),
  command: 'p.COMMAND',
  time: 'p.TIME',
  state: 'p.STATE',
  // DO runs without a text.
  text: `NULLIF(${orNull('p.INFO')}, '')`,
  textIsCut: 'LENGTH(p.INFO) > 65500',
  statementId: identityOf('p.TRACE_ID', 'p.INFO'),
  transactionId: "NULLIF(CAST(p.TRANS_ID AS CHAR), '0')",
  transactionState: "NULLIF(NULLIF(p.TRANS_STATE, ''), 'IDLE')",
  cpu: 'p.TOTAL_CPU_TIME',
};

export const NO_MEMORY = { field: 'memory', why: 'OceanBase does not show the memory of a session.' } as const;
export const NO_TRANSACTION_TIME = {
  field: 'transactionTime',
  why: 'This version does not show when a transaction began.',
} as const;
export const NO_VIEWS = 'Our account may not read the oceanbase views.';

const NO_TENANTS = (['tenant', 'proxySessionId'] as const).map((field) => ({
  field,
  why: 'This version of the kernel does not show it.',
}));

const node = (server: string): Source => ({
  name: 'oceanbase.V$OB_PROCESSLIST',
  weakness: null,
  unknown: [NO_MEMORY, NO_TRANSACTION_TIME, ...NO_TENANTS],
  columns: { ...OCEANBASE_COLUMNS, server },
  from: 'oceanbase.V$OB_PROCESSLIST p',
  listJoins: '',
  exactStatements: true,
});

/** When a transaction began; some versions lack the view. */
const withTransactionTime = (source: Source): Source => ({
  ...source,
  columns: { ...source.columns, transactionTime: 'TIMESTAMPDIFF(SECOND, x.ACTIVE_TIME, NOW())' },
  listJoins: 'LEFT JOIN oceanbase.V$OB_TRANSACTION_SCHEDULERS x ON x.SESSION_ID = p.ID',
  unknown: [NO_MEMORY, ...NO_TENANTS],
});

/** The kernel of seekdb 1.4 has lost the columns that the one of 1.3 has (both measured). */
const LACKS_TENANT = /seekdb-v1\.4\./;

/** Kernel 4.3.5.3 has the columns. */
const withTenant = (source: Source): Source => ({
  ...source,
  columns: { ...source.columns, tenant: 'p.TENANT', proxySessionId: 'CAST(p.PROXY_SESSID AS CHAR)' },
  unknown: [NO_MEMORY],
});

/** Columns that information_schema.processlist lacks. */
export const NOT_WITHOUT_VIEWS = {
  statementId: 'NULL',
  transactionId: 'NULL',
  transactionState: 'NULL',
  cpu: 'NULL',
} as const satisfies Partial<Columns>;

const plain = (server: string): Source => ({
  name: 'information_schema.processlist',
  weakness: 'The oceanbase views are not readable here, so statements are told apart by their text and age only.',
  unknown: [
    NO_MEMORY,
    ...(['transaction', 'transactionTime', 'cpu', 'tenant', 'proxySessionId'] as const).map((field) => ({
      field,
      why: NO_VIEWS,
    })),
  ],
  columns: { ...OCEANBASE_COLUMNS, ...NOT_WITHOUT_VIEWS, server },
  from: 'information_schema.processlist p',
  listJoins: '',
  exactStatements: false,
});

// No server hands out this ID: bit 30 is set in all of theirs. To KILL QUERY of 0, or of any other that a client could have,
// kernel 4.3.5 answers OK.
const NO_SESSION = '2147483648';

const VIEWS = [
  ...['GV$OB_PROCESSLIST', 'V$OB_PROCESSLIST', 'GV$OB_SQL_AUDIT', 'GV$OB_LOCKS', 'V$OB_LOCKS'],
  ...['GV$OB_TRANSACTION_SCHEDULERS', 'GV$OB_PARAMETERS', 'GV$OB_UNITS', 'GV$SYSSTAT', 'DBA_OB_SERVERS'],
];
const sessionsOf = (
  view: string,
  more = '',
): string => `SELECT COUNT(*) AS listed, COUNT(DISTINCT q.ID) AS ids, SUM(q.ID < 2147483648) AS idsBelow2To31,
  SUM(q.PROXY_SESSID IS NOT NULL) AS proxied, COUNT(DISTINCT q.PROXY_SESSID) AS clientsOfProxies, SUM(q.MASTER_SESSID IS NOT NULL) AS workers,
  COUNT(DISTINCT q.TENANT) AS tenants${more} FROM oceanbase.${view} q`;

const SURVEY: NonNullable<Dialect['survey']> = {
  version: 'SELECT VERSION() AS version, @@version_comment AS comment',
  columns: `SELECT TABLE_NAME AS view, GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) AS columns FROM information_schema.columns
    WHERE TABLE_SCHEMA = 'oceanbase' AND TABLE_NAME IN (${VIEWS.map((view) => `'${view}'`).join(', ')}) GROUP BY TABLE_NAME`,
  ownId: 'SELECT CAST(CONNECTION_ID() AS CHAR) AS id, CONNECTION_ID() < 2147483648 AS isClientId',
  cluster: sessionsOf('GV$OB_PROCESSLIST', ', COUNT(DISTINCT q.SVR_IP, q.SVR_PORT) AS observers'),
  observer: sessionsOf('V$OB_PROCESSLIST'),
  transactions: 'SELECT COUNT(*) AS transactions FROM oceanbase.GV$OB_TRANSACTION_SCHEDULERS',
  limits: 'SELECT @@GLOBAL.max_connections AS maxConnections, @@GLOBAL.max_user_connections AS maxUserConnections',
  sessionLimit:
    "SELECT VALUE AS value, COUNT(*) AS observers FROM oceanbase.GV$OB_PARAMETERS WHERE NAME = '_resource_limit_max_session_num' GROUP BY VALUE",
  sessionMost:
    "SELECT VALUE AS value, COUNT(*) AS observers FROM oceanbase.GV$SYSSTAT WHERE NAME = 'max session num' AND CON_ID = EFFECTIVE_TENANT_ID() GROUP BY VALUE",
  starts:
    'SELECT COUNT(*) AS observers, COUNT(START_SERVICE_TIME) AS started, COUNT(DISTINCT START_SERVICE_TIME) AS times FROM oceanbase.DBA_OB_SERVERS',
  units: 'SELECT COUNT(*) AS units, MIN(MEMORY_SIZE) AS leastMemory FROM oceanbase.GV$OB_UNITS',
  audit: 'SELECT @@GLOBAL.ob_enable_sql_audit AS audited',
};

/** Sessions whose transactions one observer, or the whole cluster, still schedules. */
export const lingeringIn =
  (prefix: Prefix): Dialect['lingering'][number] =>
  (ids) =>
    `SELECT CAST(x.SESSION_ID AS CHAR) AS id, NULL AS user, NULL AS host, NULL AS db
      FROM oceanbase.${prefix}OB_TRANSACTION_SCHEDULERS x WHERE ${ids === undefined ? 'FALSE' : `x.SESSION_ID IN (${ids.join(', ')})`}`;

/** A last look that reads one row only, so that the KILL comes soon after it. Packets hold one statement each. */
export const aimBy =
  (prefix: Prefix): NonNullable<Dialect['aim']> =>
  ([victim]) =>
    victim === undefined || victim.statementId === null
      ? {}
      : {
          last: {
            look: `SET @session_warden_runs = (SELECT COUNT(*) FROM oceanbase.${prefix}OB_PROCESSLIST p WHERE p.ID = ${victim.id} AND p.STATE <> 'QUERY_KILLED'
              AND ${identityOf('p.TRACE_ID', 'p.INFO')} = '${victim.statementId}')`,
            guard: '@session_warden_runs',
          },
        };

/** OceanBase's kernel in MySQL mode as a single server (seekdb). A cluster is the dialect beside it. */
export const oceanbase: Dialect = {
  engine: 'oceanbase',
  // IDs begin again after a restart of a kernel, and a client on a socket has no port that would differ.
  identities: [
    "CONCAT_WS('/', @@server_uuid, @@port, (SELECT MAX(START_SERVICE_TIME) FROM oceanbase.V$OB_SERVER_STAT))",
    "CONCAT_WS('/', @@server_uuid, @@port)",
    "CONCAT_WS('/', @@hostname, @@port)",
  ],
  settings: (seconds) => [
    "SET SESSION sql_mode = ''",
    'SET NAMES utf8mb4',
    // OceanBase has no zone that is called SYSTEM.
    "SET SESSION time_zone = '+00:00'",
    'SET SESSION timestamp = DEFAULT',
    'SET SESSION sql_safe_updates = 0',
    'SET SESSION sql_auto_is_null = 0',
    'SET SESSION group_concat_max_len = 65536',
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION ob_trx_timeout = ${Math.round(seconds * 1e6)}`,
    `SET SESSION max_execution_time = ${Math.round(seconds * 1000)}`,
    `SET SESSION ob_query_timeout = ${Math.round(seconds * 1e6)}`,
  ],
  // What a killed session did is undone after it has left the list.
  lingering: [lingeringIn('V$')],
  sources: (version, identity) => {
    const timed = withTransactionTime(node(identity));
    // Asking for columns that are known to be missing costs each connection a round trip.
    return [...(LACKS_TENANT.test(version) ? [] : [withTenant(timed)]), timed, node(identity), plain(identity)];
  },
  unread: null,
  kill: ({ id }, kind, guard) => `KILL ${kind === 'query' ? 'QUERY' : 'CONNECTION'} IF(${guard}, ${id}, ${NO_SESSION})`,
  aim: aimBy('V$'),
  killsStatementsExactly: false,
  // A row is written when a statement ends. RET_CODE -5065 is OB_ERR_QUERY_INTERRUPTED. seekdb 1.4 has no such view; then
  // there is no record.
  record: (id, statementId) => {
    const ended = `FROM oceanbase.GV$OB_SQL_AUDIT a WHERE a.SID = ${id}`;
    const own = `${identityOf('a.TRACE_ID', 'a.QUERY_SQL')} = '${statementId}'`;
    return `SELECT * FROM (
        SELECT ${identityOf('a.TRACE_ID', 'a.QUERY_SQL')} AS statementId, 0 AS running, a.RET_CODE = -5065 AS cut, NULL AS afterKill, a.REQUEST_ID AS place
        ${ended} AND a.REQUEST_ID >= (SELECT MAX(a.REQUEST_ID) ${ended} AND ${own})
        UNION ALL SELECT ${identityOf('p.TRACE_ID', 'p.INFO')}, 1, 0, NULL, 18446744073709551615
        FROM oceanbase.V$OB_PROCESSLIST p WHERE p.ID = ${id} AND p.COMMAND <> 'Sleep') r ORDER BY place`;
  },
  lockNeed: 'SELECT on the oceanbase views',
  lockWaits: oceanbaseLockWaits('V$'),
  // 4012: OB_TIMEOUT. 5066 and 4064: the session was killed. 4401: the client session was. 4402: some observers killed it and
  // some could not be reached. 4016: a build that does not take this client ID. 4666: another cluster's name.
  faults: {
    4012: 'timeout',
    5066: 'unreachable',
    4064: 'unreachable',
    4401: 'unreachable',
    4402: 'partly-killed',
    4016: 'no-such-session',
    4666: 'login',
  },
  // The default is no limit. A kernel's one tenant is sys, which `_resource_limit_max_session_num` does not bind.
  maxConnections: ['SELECT NULLIF(@@GLOBAL.max_connections, 2147483647) AS most'],
  privileges: {
    held: 'SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.user_privileges',
    roles: `SELECT ${ACCOUNT('FROM_USER', 'FROM_HOST')} AS role, ${ACCOUNT('TO_USER', 'TO_HOST')} AS member FROM mysql.role_edges`,
    everybody: 'SELECT @@GLOBAL.mandatory_roles AS roles',
    // CREATE ROLE makes a locked account.
    barred: `SELECT ${ACCOUNT('User', 'Host')} AS account FROM mysql.user WHERE account_locked = 'Y'`,
  },
  superPrivileges: ['SUPER'],
  survey: SURVEY,
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

import type { Columns, Dialect, Source } from '../dialect.ts';
import {
  aimBy,
  identityOf,
  lingeringIn,
  NO_MEMORY,
  NO_TRANSACTION_TIME,
  NO_VIEWS,
  NOT_WITHOUT_VIEWS,
  OCEANBASE_COLUMNS,
  oceanbase,
  oceanbaseLockWaits,
} from './oceanbase.ts';

// A cluster behind OBProxy (ODP). One client has up to one server session on each observer. Since ODP 4.2.3 and OceanBase
// 4.2.5 (`client_session_id_version` 2) all of them bear the client's own ID, below 2^31; before, each has an ID of its own,
// with bit 31 set, and PROXY_SESSID is what they share.

const IS_CLIENT_ID = '(p.PROXY_SESSID IS NOT NULL AND p.ID < 2147483648)';

// IDs begin again after a restart of an observer. Only the tenant sys is told when each of them started.
const STARTS = '(SELECT MAX(s.START_SERVICE_TIME) FROM oceanbase.DBA_OB_SERVERS s)';
const NODE = "CONCAT(p.SVR_IP, ':', p.SVR_PORT)";
const NODE_SINCE = `CONCAT(${NODE}, '@', IFNULL(CAST(s.STARTED AS CHAR), 'unknown'))`;
const SINCE = `LEFT JOIN (SELECT q.SVR_IP AS ON_IP, q.SVR_PORT AS ON_PORT, q.START_SERVICE_TIME AS STARTED FROM oceanbase.DBA_OB_SERVERS q) s
  ON s.ON_IP = p.SVR_IP AND s.ON_PORT = p.SVR_PORT`;

// A parallel worker ends with its master and is no session of anybody (MASTER_SESSID). Of several rows of one client ID the
// one that runs represents all. What the client does elsewhere counts for each of its server sessions: one that sleeps
// beside one that runs is not idle, and one beside a transaction is in it.
const ofClient = (expression: string, function_ = 'MAX'): string =>
  `${function_}(${expression}) OVER (PARTITION BY q.PROXY_SESSID)`;
const IN_TRANSACTION = "q.TRANS_STATE <> '' AND q.TRANS_STATE <> 'IDLE'";
const ROWS = `(SELECT r.* FROM (SELECT q.*,
    ROW_NUMBER() OVER (PARTITION BY q.ID, q.PROXY_SESSID ORDER BY q.COMMAND = 'Sleep', q.TRANS_STATE = '', q.TIME, q.SVR_IP, q.SVR_PORT) AS PLACE,
    ${ofClient("IF(q.COMMAND = 'Sleep', q.TIME, 0)", 'MIN')} AS CLIENT_IDLE,
    ${ofClient(`IF(${IN_TRANSACTION}, q.TRANS_ID, NULL)`)} AS CLIENT_TRANS_ID,
    ${ofClient(`IF(${IN_TRANSACTION}, q.TRANS_STATE, NULL)`)} AS CLIENT_TRANS_STATE
  FROM oceanbase.GV$OB_PROCESSLIST q WHERE q.MASTER_SESSID IS NULL) r WHERE r.PLACE = 1) p`;
const OBSERVERS = `LEFT JOIN (SELECT q.ID AS OF_ID, q.PROXY_SESSID AS OF_PROXY, GROUP_CONCAT(CONCAT(q.SVR_IP, ':', q.SVR_PORT) ORDER BY q.SVR_IP, q.SVR_PORT SEPARATOR ' ') AS ADDRESSES
  FROM oceanbase.GV$OB_PROCESSLIST q WHERE q.MASTER_SESSID IS NULL GROUP BY q.ID, q.PROXY_SESSID) o ON o.OF_ID = p.ID AND o.OF_PROXY <=> p.PROXY_SESSID`;

const clientOr = (ofProxied: string, ofDirect: string): string =>
  `IF(p.PROXY_SESSID IS NULL, ${ofDirect}, ${ofProxied})`;
const TRANSACTION = clientOr('p.CLIENT_TRANS_ID', `IF(${IN_TRANSACTION.replaceAll('q.', 'p.')}, p.TRANS_ID, NULL)`);

// A client ID is broadcast to all observers by the server, so the client is one wherever it runs.
const serverOn = (node: string): string =>
  `CONCAT(p.TENANT, '/', IF(${IS_CLIENT_ID}, '', CONCAT(${node}, '/')), IFNULL(CONCAT('proxy/', p.PROXY_SESSID), 'direct'))`;

const columns: Columns = {
  ...OCEANBASE_COLUMNS,
  server: serverOn(NODE_SINCE),
  host: clientOr("CONCAT(p.USER_CLIENT_IP, IF(p.USER_CLIENT_PORT > 0, CONCAT(':', p.USER_CLIENT_PORT), ''))", 'p.HOST'),
  time: clientOr("IF(p.COMMAND = 'Sleep', p.CLIENT_IDLE, p.TIME)", 'p.TIME'),
  transactionId: `CAST(${TRANSACTION} AS CHAR)`,
  transactionState: clientOr('p.CLIENT_TRANS_STATE', OCEANBASE_COLUMNS.transactionState),
  transactionTime: 'TIMESTAMPDIFF(SECOND, x.BEGAN, NOW())',
  tenant: 'p.TENANT',
  proxySessionId: 'CAST(p.PROXY_SESSID AS CHAR)',
  proxy: clientOr('p.HOST', 'NULL'),
  observers: 'o.ADDRESSES',
};

/** GV$OB_TRANSACTION_SCHEDULERS came with 4.2.1. A transaction is told by its own ID, which the cluster has once. */
const BEGAN = `LEFT JOIN (SELECT y.TX_ID AS OF_TX, MIN(y.ACTIVE_TIME) AS BEGAN FROM oceanbase.GV$OB_TRANSACTION_SCHEDULERS y
  GROUP BY y.TX_ID) x ON x.OF_TX = ${TRANSACTION}`;

const NO_CPU = { field: 'cpu', why: 'This version does not show the processor time of a session.' } as const;

const best: Source = {
  name: 'oceanbase.GV$OB_PROCESSLIST',
  weakness: null,
  unknown: [NO_MEMORY],
  columns,
  from: `${ROWS} ${SINCE}`,
  listJoins: `${OBSERVERS} ${BEGAN}`,
  exactStatements: true,
  isCluster: true,
};

const without = (source: Source, over: Partial<Columns>, rest: Partial<Source> = {}): Source => ({
  ...source,
  ...rest,
  columns: { ...source.columns, ...over },
});

// TOTAL_CPU_TIME: 4.2.1 BP5, 4.2.5, 4.3.1. USER_CLIENT_PORT: 4.2.3, 4.3.0.
const noCpu = without(best, { cpu: 'NULL' }, { unknown: [NO_MEMORY, NO_CPU] });
const noPort = without(noCpu, { host: clientOr('p.USER_CLIENT_IP', 'p.HOST') });
const noScheduler = without(
  noPort,
  { transactionTime: 'NULL' },
  { unknown: [NO_MEMORY, NO_CPU, NO_TRANSACTION_TIME], listJoins: OBSERVERS },
);

const exact = [best, noCpu, noPort, noScheduler];

const NO_STARTS =
  'When the observers started is told to the tenant sys only: after a restart a session that an observer gives the same ID, of the same user at the same address and port, is taken for the one before.';
const withoutStarts = exact.map((source) =>
  without(source, { server: serverOn(NODE) }, { from: ROWS, weakness: NO_STARTS }),
);

// It lists the whole cluster too, and neither tenant nor proxy: a client of several observers is told by its ID alone. Never
// V$OB_PROCESSLIST, which is one observer's.
const plain: Source = {
  name: 'information_schema.processlist',
  weakness:
    'The oceanbase views are not readable here, so statements are told apart by their text and age only, and clients behind a proxy by their ID.',
  unknown: [
    NO_MEMORY,
    ...(['transaction', 'transactionTime', 'cpu', 'tenant', 'proxySessionId'] as const).map((field) => ({
      field,
      why: NO_VIEWS,
    })),
  ],
  columns: { ...OCEANBASE_COLUMNS, ...NOT_WITHOUT_VIEWS, server: "'cluster'" },
  from: `(SELECT r.* FROM (SELECT q.*, ROW_NUMBER() OVER (PARTITION BY q.ID ORDER BY q.COMMAND = 'Sleep', q.TIME) AS PLACE
    FROM information_schema.processlist q) r WHERE r.PLACE = 1) p`,
  listJoins: '',
  exactStatements: false,
  isCluster: true,
};

// REQUEST_ID counts on each observer by itself.
const record: Dialect['record'] = (id, statementId) => {
  const own = `${identityOf('a.TRACE_ID', 'a.QUERY_SQL')} = '${statementId}'`;
  return `SELECT * FROM (
      SELECT ${identityOf('a.TRACE_ID', 'a.QUERY_SQL')} AS statementId, 0 AS running, a.RET_CODE = -5065 AS cut, NULL AS afterKill, a.REQUEST_ID AS place
      FROM oceanbase.GV$OB_SQL_AUDIT a JOIN (SELECT a.SVR_IP, a.SVR_PORT, MAX(a.REQUEST_ID) AS FIRST FROM oceanbase.GV$OB_SQL_AUDIT a
        WHERE a.SID = ${id} AND ${own} GROUP BY a.SVR_IP, a.SVR_PORT) f ON f.SVR_IP = a.SVR_IP AND f.SVR_PORT = a.SVR_PORT
      WHERE a.SID = ${id} AND a.REQUEST_ID >= f.FIRST
      UNION ALL SELECT ${identityOf('p.TRACE_ID', 'p.INFO')}, 1, 0, NULL, 18446744073709551615
      FROM oceanbase.GV$OB_PROCESSLIST p WHERE p.ID = ${id} AND p.COMMAND <> 'Sleep') r ORDER BY place`;
};

// Each observer has its own slots, and a client as many server sessions as it has observers: what counts is the observer that
// is nearest to its limit. Workers took no slot. The tenant sys has no limit but max_connections, whose default is none.
const OWN_TENANT = '(SELECT MAX(o.TENANT) FROM oceanbase.GV$OB_PROCESSLIST o WHERE o.ID = CONNECTION_ID())';
const NO_LIMIT = '2147483647';
const fullestBy = (most: string, limits = ''): string => `SELECT c.MOST AS most, c.USED AS used
  FROM (SELECT n.USED, NULLIF(LEAST(${most}, @@GLOBAL.max_connections), ${NO_LIMIT}) AS MOST
    FROM (SELECT q.SVR_IP, q.SVR_PORT, q.TENANT, COUNT(*) AS USED FROM oceanbase.GV$OB_PROCESSLIST q
      WHERE q.MASTER_SESSID IS NULL AND q.TENANT = ${OWN_TENANT} GROUP BY q.SVR_IP, q.SVR_PORT, q.TENANT) n ${limits}) c
  ORDER BY c.MOST IS NULL DESC, c.USED / c.MOST DESC LIMIT 1`;
const OF_TENANT = `IF(n.TENANT = 'sys', ${NO_LIMIT}, l.MOST)`;
const onNode = (alias: string, of: string): string =>
  `${alias}.SVR_IP = ${of}.SVR_IP AND ${alias}.SVR_PORT = ${of}.SVR_PORT`;
// The server's own reckoning; 0 is no limit.
const BY_STATISTIC = fullestBy(
  OF_TENANT,
  `LEFT JOIN (SELECT v.SVR_IP, v.SVR_PORT, IF(v.VALUE > 0, v.VALUE, ${NO_LIMIT}) AS MOST FROM oceanbase.GV$SYSSTAT v
      WHERE v.NAME = 'max session num' AND v.CON_ID = EFFECTIVE_TENANT_ID()) l ON ${onNode('l', 'n')}`,
);
// The same for versions without that statistic: unless it is set, 5 % of the tenant's memory there in pieces of 100 KB.
const BY_MEMORY = fullestBy(
  OF_TENANT,
  `LEFT JOIN (SELECT u.SVR_IP, u.SVR_PORT, IF(CAST(g.VALUE AS SIGNED) > 0, CAST(g.VALUE AS SIGNED), GREATEST(100, FLOOR(u.MEMORY_SIZE / 20 / 102400))) AS MOST
      FROM oceanbase.GV$OB_UNITS u JOIN oceanbase.GV$OB_PARAMETERS g ON ${onNode('g', 'u')}
        AND g.NAME = '_resource_limit_max_session_num' AND g.TENANT_ID = u.TENANT_ID
      WHERE u.TENANT_ID = EFFECTIVE_TENANT_ID()) l ON ${onNode('l', 'n')}`,
);

/** A cluster of OceanBase 4 or later, reached by way of an observer or of OBProxy. Its kernel as a single server is {@link oceanbase}. */
export const oceanbaseCluster: Dialect = {
  ...oceanbase,
  identities: [STARTS, "CONCAT_WS('/', @@hostname, @@port)"],
  sources: (_version, identity) => [...(identity === STARTS ? exact : withoutStarts), plain],
  // A KILL of a client ID marks the session on other observers; it leaves the list at once, and its transaction goes on until
  // the client's next request (ObKillClientSessionP).
  lingering: [lingeringIn('GV$')],
  record,
  aim: aimBy('GV$'),
  lockWaits: oceanbaseLockWaits('GV$'),
  maxConnections: [BY_STATISTIC, BY_MEMORY, fullestBy('@@GLOBAL.max_connections')],
};

import type { SessionId } from '../../sessions/session.ts';
import type { Row } from '../database.ts';
import type { Dialect, LockReader, LockWait, Source } from '../dialect.ts';
import {
  addRowLocks,
  type Holder,
  Holders,
  holdersOf,
  idOf,
  isRowLock,
  type Lock,
  ROW_LOCKS,
  readWaiters,
  textOf,
  toWaits,
} from './innodb-lock-waits.ts';
import {
  BACKUP_MODES,
  backupRequests,
  type LockModes,
  OBJECT_MODES,
  SCOPED_MODES,
  TABLE_MODES,
  tableModes,
  tableRequests,
  type Waiter,
} from './lock-requests.ts';
import { ACCOUNT } from './mysql.ts';
import { INNODB_TRANSACTIONS, PROCESS_LIST_COLUMNS, SETTINGS, withoutTransactions } from './shared.ts';

// The plugin lists locks that are held, and no session that waits.
const HELD = `SELECT CAST(m.THREAD_ID AS CHAR) AS id, SUBSTR(m.LOCK_MODE, 5) AS mode, LOWER(m.LOCK_TYPE) AS type,
    m.TABLE_SCHEMA AS db, m.TABLE_NAME AS name
  FROM information_schema.METADATA_LOCK_INFO m WHERE m.THREAD_ID <> CONNECTION_ID() ORDER BY m.LOCK_TIME_MS DESC`;

const RUNNING = `SELECT CAST(p.ID AS CHAR) AS id FROM information_schema.processlist p WHERE p.COMMAND <> 'Sleep'`;

const TABLE = 'table metadata lock';

/** A lock that is held. */
interface Held {
  readonly owner: SessionId;
  readonly type: string;
  readonly db: string;
  readonly name: string;
  readonly mode: string;
}

const toHeld = (row: Row): Held | undefined => {
  const owner = idOf(row['id']);
  if (owner === null) return undefined;
  return {
    owner,
    type: textOf(row['type']),
    db: textOf(row['db']),
    name: textOf(row['name']),
    mode: textOf(row['mode']),
  };
};

const modesOf = (type: string): LockModes => {
  if (type === 'backup lock') return BACKUP_MODES;
  return type === 'schema metadata lock' ? SCOPED_MODES : OBJECT_MODES;
};

const objectOf = ({ type, db, name }: Pick<Held, 'type' | 'db' | 'name'>): string => JSON.stringify([type, db, name]);
const toLock = (held: Held): Lock => ({ ...held, object: objectOf(held), modes: modesOf(held.type) });

/** What a waiter asks for: an object, and the modes of which it is one. */
interface Request {
  readonly object: string;
  readonly modes: readonly string[];
}

// ALTER TABLE and its like hold one of these and wait to make it exclusive.
const UPGRADED = ['SHARED_UPGRADABLE', 'SHARED_NO_WRITE'];

/** What a session asks for, as far as it is certain: by what it holds already, and by the words of its statement. */
function requestsOf({ id, lock, db, text }: Waiter, held: readonly Held[]): readonly Request[] {
  if (lock === 'backup lock')
    return [{ object: objectOf({ type: lock, db: '', name: '' }), modes: backupRequests(text) }];
  if (lock !== TABLE) return [];
  const upgraded = held.filter(({ owner, type, mode }) => owner === id && type === TABLE && UPGRADED.includes(mode));
  if (upgraded.length > 0) return upgraded.map((one) => ({ object: objectOf(one), modes: ['EXCLUSIVE'] }));
  return tableRequests({ text, db }).flatMap((wanted): Request[] => {
    const { modes } = wanted;
    if (wanted.table !== null) return [{ object: objectOf({ type: TABLE, db: wanted.db, name: wanted.table }), modes }];
    const tables = held.filter((one) => one.type === TABLE && one.db === wanted.db);
    return [...new Set(tables.map(objectOf))].map((object) => ({ object, modes }));
  });
}

/** Who holds up a request in each of its modes is so for certain; who does in one of them may. */
function holdersIn({ object, modes }: Request, waiter: Waiter, granted: readonly Lock[], pending: readonly Lock[]) {
  const inMode = modes.map((mode) =>
    holdersOf({ owner: waiter.id, object, modes: modesOf(waiter.lock), mode }, granted, pending),
  );
  const all = new Set(inMode.flat().map(({ blocker }) => blocker));
  return [...all].map((blocker): Holder => {
    const isCertain = inMode.every((holders) => holders.some((one) => one.blocker === blocker));
    return isCertain ? { blocker } : { blocker, likely: true };
  });
}

/** If only one session is possible, it is that one. */
const byElimination = (ids: readonly SessionId[]): readonly Holder[] => {
  const distinct = [...new Set(ids)];
  return distinct.length === 1
    ? distinct.map((blocker) => ({ blocker }))
    : distinct.slice(0, 5).map((blocker) => ({ blocker, likely: true }));
};

/** Everybody who holds something of the kind that a waiter waits for, in a mode that excludes anything. */
function mayHold({ id, lock, text }: Waiter, held: readonly Held[]): readonly SessionId[] {
  const modes = modesOf(lock);
  const asked = (lock === TABLE ? tableModes(text) : null) ?? Object.keys(modes);
  const excludes = new Set(asked.flatMap((mode) => modes[mode]?.granted ?? []));
  const others = held.filter((one) => one.owner !== id && one.type === lock && excludes.has(one.mode));
  // A schema's lock for a table in it keeps out only a session that drops the schema.
  const strict = others.filter(({ mode }) => mode !== 'INTENTION_EXCLUSIVE');
  return (strict.length > 0 ? strict : others).map(({ owner }) => owner);
}

/** The server's own table locks, held while a statement runs: of those who have the table, who runs one and does not wait for it. */
function addTableLocks(
  holders: Holders,
  waiters: readonly Waiter[],
  held: readonly Held[],
  running: ReadonlySet<string>,
) {
  const waiting = new Set<string>(waiters.map(({ id }) => id));
  const locks = held
    .filter(({ type, owner }) => type === TABLE && running.has(owner))
    .map((one): Lock => {
      const mode = /READ_WRITE|WRITE|UPGRADABLE|EXCLUSIVE/.test(one.mode) ? 'WRITE' : 'READ';
      return { owner: one.owner, object: objectOf(one), modes: TABLE_MODES, mode };
    });
  const isPending = ({ owner }: Lock): boolean => owner !== null && waiting.has(owner);
  const [pending, granted] = [locks.filter(isPending), locks.filter((lock) => !isPending(lock))];
  for (const { id } of waiters) {
    const found = pending.filter(({ owner }) => owner === id).flatMap((one) => holdersOf(one, granted, pending));
    holders.add(id, byElimination(found.flatMap(({ blocker }) => idOf(blocker) ?? [])));
  }
}

async function addServerLocks(reader: LockReader, holders: Holders, waiters: readonly Waiter[], rows: readonly Row[]) {
  const held = rows.map(toHeld).filter((one) => one !== undefined);
  const granted = held.map(toLock);
  const asked = new Map(waiters.map((waiter) => [waiter, requestsOf(waiter, held)]));
  const pending = [...asked].flatMap(([{ id, lock }, requests]): readonly Lock[] =>
    requests.flatMap(({ object, modes }) =>
      modes.length === 1 ? modes.map((mode) => ({ owner: id, object, modes: modesOf(lock), mode })) : [],
    ),
  );
  for (const [waiter, requests] of asked) {
    const found = requests.flatMap((request) => holdersIn(request, waiter, granted, pending));
    const isCertain = found.some(({ likely }) => !likely);
    if (isCertain) holders.add(waiter.id, found);
    else if (/metadata lock$|^backup lock$|^user lock$/.test(waiter.lock)) {
      const ids = found.length > 0 ? found.flatMap(({ blocker }) => blocker ?? []) : mayHold(waiter, held);
      holders.add(waiter.id, byElimination(ids));
    }
  }
  const forTables = waiters.filter(({ lock }) => lock === 'table level lock');
  if (forTables.length === 0) return;
  const running = new Set(((await reader.may(RUNNING)) ?? []).map((row) => textOf(row['id'])));
  addTableLocks(holders, forTables, held, running);
}

const NO_PLUGIN =
  "MariaDB tells who holds a lock of the server only with its plugin: INSTALL SONAME 'metadata_lock_info'.";
const HOLDER_UNKNOWN = 'The server does not tell who holds it.';
const AMBIGUOUS = 'MariaDB tells who holds locks, and not which of them a statement waits for: several may be the one.';

/** The `lockWaits` of MariaDB. */
export async function mariadbLockWaits(reader: LockReader): Promise<readonly LockWait[]> {
  const waiters = await readWaiters(reader);
  if (waiters.size === 0) return [];
  const all = [...waiters.values()];
  const holders = new Holders();
  // A lock's ID does not tell one that is held from one that is waited for on the same row.
  if (all.some(isRowLock)) addRowLocks(holders, (await reader.may(ROW_LOCKS)) ?? [], 'likely');
  const others = all.filter((waiter) => !isRowLock(waiter));
  const rows = others.length > 0 ? await reader.may(HELD) : [];
  if (rows !== null && others.length > 0) await addServerLocks(reader, holders, others, rows);
  return toWaits(reader, waiters, {
    holders,
    prepared: async () => (await reader.may("XA RECOVER FORMAT = 'SQL'"))?.map((row) => textOf(row['data'])) ?? null,
    xaDenied:
      'A transaction without a session holds it, most likely a prepared XA transaction, which XA RECOVER names.',
    why: async () => (waiter) => {
      if (isRowLock(waiter)) return HOLDER_UNKNOWN;
      if (rows === null) return NO_PLUGIN;
      return holders.of(waiter.id).length > 0 ? AMBIGUOUS : HOLDER_UNKNOWN;
    },
  });
}

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

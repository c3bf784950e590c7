import { isSessionId, type SessionId } from '../../sessions/session.ts';
import type { Row } from '../database.ts';
import type { LockReader, LockWait } from '../dialect.ts';
import { type LockModes, type TableRequest, tableModes, tableRequests, type Waiter } from './lock-requests.ts';

/** What {@link Waiter.lock} says of row locks, the one kind that is not told by a state. */
const ROW_LOCK = 'row lock';
export const isRowLock = ({ lock }: Waiter): boolean => lock === ROW_LOCK;

// GET_LOCK alone in a statement, with a plain name written out: then the server says whose it is, and the name stays there.
const PLAIN = '[[:alnum:]_.:/@ -]{1,64}';
const NAMED_LOCK = `p.INFO REGEXP '^[[:space:]]*(select|do)[[:space:]]+get_lock[[:space:]]*[(][[:space:]]*(''${PLAIN}''|"${PLAIN}")[[:space:]]*,[[:space:]]*-?[0-9.]+[[:space:]]*[)][[:space:]]*;?[[:space:]]*$'`;
const NAME = (quote: string): string => `SUBSTRING_INDEX(SUBSTRING_INDEX(p.INFO, ${quote}, 2), ${quote}, -1)`;
const USER_LOCK_HOLDER = `IF(p.STATE = 'User lock' AND ${NAMED_LOCK},
  IS_USED_LOCK(IF(LOCATE('''', p.INFO) > 0, ${NAME("''''")}, ${NAME("'\"'")})), NULL)`;

/** Who waits by the server's own state: of the process list, and of InnoDB, whose rows need PROCESS. */
const WAITERS = `SELECT CAST(p.ID AS CHAR) AS id, p.STATE AS state, p.TIME AS seconds, p.DB AS db,
    LEFT(p.INFO, 4096) AS text, CAST(${USER_LOCK_HOLDER} AS CHAR) AS holder
  FROM information_schema.processlist p
  WHERE p.STATE LIKE 'Waiting for %lock' OR p.STATE IN ('User lock', 'Waiting for table flush', 'Waiting for a resource')
  UNION ALL SELECT CAST(x.trx_mysql_thread_id AS CHAR), '${ROW_LOCK}', TIMESTAMPDIFF(SECOND, x.trx_wait_started, NOW()),
    NULL, NULL, NULL
  FROM information_schema.innodb_trx x WHERE x.trx_state = 'LOCK WAIT'`;

/**
 * `information_schema.innodb_lock_waits` of MariaDB, and of MySQL before 8.0.
 *
 * MariaDB gives a transaction its ID with its first change: those that have only read, with locks or without, are all 0. So
 * a waiter is told by the lock that it asks for besides, and a holder without an ID by having locked rows at all.
 */
export const ROW_LOCKS = `SELECT CAST(w.trx_mysql_thread_id AS CHAR) AS waiter, CAST(b.trx_mysql_thread_id AS CHAR) AS blocker,
    l.blocking_lock_id = b.trx_requested_lock_id AS queued, l.blocking_trx_id = 0 AS nameless
  FROM information_schema.innodb_lock_waits l
    JOIN information_schema.innodb_trx w ON w.trx_id = l.requesting_trx_id AND w.trx_requested_lock_id = l.requested_lock_id
    LEFT JOIN information_schema.innodb_trx b ON b.trx_id = l.blocking_trx_id AND (l.blocking_trx_id <> 0 OR b.trx_rows_locked > 0)`;

/** Transactions that wait for nothing themselves, oldest first: any of them may hold a lock. Without an ID are those of no session. */
const TRANSACTIONS = `SELECT CAST(p.ID AS CHAR) AS id, p.COMMAND AS command, TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) AS age,
    x.trx_rows_locked > 0 OR x.trx_tables_locked > 0 AS locks
  FROM information_schema.innodb_trx x LEFT JOIN information_schema.processlist p ON p.ID = x.trx_mysql_thread_id
  WHERE x.trx_state = 'RUNNING' AND x.trx_mysql_thread_id <> CONNECTION_ID()
    AND (p.ID IS NOT NULL OR x.trx_mysql_thread_id = 0) ORDER BY x.trx_started LIMIT 1000`;

/** An ID of a session; `null` for none. */
export const idOf = (value: unknown): SessionId | null => {
  const text = String(value);
  return isSessionId(text) ? text : null;
};

export const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** More than any server has been up: a clock that a session has set. */
const IMPOSSIBLE_SECONDS = 1_000_000_000;
const secondsOf = (value: unknown): number | null => {
  const seconds = value === null || value === undefined ? Number.NaN : Number(value);
  return seconds >= 0 && seconds < IMPOSSIBLE_SECONDS ? Math.floor(seconds) : null;
};

/** Everybody who waits now, each once. */
export async function readWaiters({ need }: LockReader): Promise<ReadonlyMap<SessionId, Waiter>> {
  const waiters = new Map<SessionId, Waiter>();
  for (const row of await need(WAITERS)) {
    const id = idOf(row['id']);
    if (id === null || waiters.has(id)) continue;
    waiters.set(id, {
      id,
      lock: textOf(row['state'])
        .replace(/^Waiting for (?:a )?/i, '')
        .toLowerCase(),
      seconds: secondsOf(row['seconds']),
      db: row['db'] === null ? null : textOf(row['db']),
      text: textOf(row['text']),
      holder: idOf(row['holder']),
    });
  }
  return waiters;
}

/** Who holds up each waiter, as a dialect finds it; a waiter may have several. */
export class Holders {
  readonly #of = new Map<SessionId, Holder[]>();

  add(waiter: SessionId, holders: readonly Holder[]): void {
    const others = holders.filter(({ blocker }) => blocker !== waiter);
    if (others.length > 0) this.#of.set(waiter, [...(this.#of.get(waiter) ?? []), ...others]);
  }

  of(waiter: SessionId): readonly Holder[] {
    return this.#of.get(waiter) ?? [];
  }
}

/**
 * Holders of row locks. `blocker` 0 is a transaction without a session, and NULL one that has just begun or ended.
 *
 * @param queued - what becomes of one who only waits for the same lock, of which other holders are known
 */
export function addRowLocks(holders: Holders, rows: readonly Row[], queued: 'drop' | 'likely'): void {
  for (const [waiter, of] of Map.groupBy(rows, (row) => idOf(row['waiter']))) {
    if (waiter === null) continue;
    const known = of.filter((row) => row['blocker'] !== null);
    const isQueued = (row: Row): boolean => Number(row['queued']) === 1;
    const holding = known.filter((row) => !isQueued(row));
    const nameless = new Set(known.filter((row) => Number(row['nameless']) === 1).map((row) => idOf(row['blocker'])));
    // Of several that only read with locks, any may be the one.
    const toHolder = (row: Row): Holder => ({
      blocker: idOf(row['blocker']),
      ...(nameless.size > 1 && nameless.has(idOf(row['blocker'])) && { likely: true }),
    });
    if (holding.length === 0) holders.add(waiter, known.map(toHolder));
    else holders.add(waiter, holding.map(toHolder));
    if (holding.length > 0 && queued === 'likely')
      holders.add(
        waiter,
        known.filter(isQueued).map((row) => ({ ...toHolder(row), likely: true })),
      );
  }
}

/** How many who may hold a lock are named: more are no help. */
const LIKELY = 5;

const TABLE_LOCK = 'table metadata lock';

/** Of those that wait to read or write a table: who waits to change the same one, and comes first. */
function changersOf(waiter: Waiter, all: readonly Waiter[]): readonly SessionId[] {
  const tables = tableRequests(waiter);
  const isSame = ({ db, table, modes }: TableRequest): boolean =>
    modes.includes('EXCLUSIVE') && tables.some((one) => one.db === db && (table === null || one.table === table));
  return all.filter((other) => other.lock === TABLE_LOCK && tableRequests(other).some(isSame)).map(({ id }) => id);
}

async function addLikely(reader: LockReader, holders: Holders, open: readonly Waiter[], all: readonly Waiter[]) {
  const mayWaitForTransaction = ({ lock, text }: Waiter): boolean =>
    lock === ROW_LOCK || (lock === TABLE_LOCK && tableModes(text) === null);
  const transactions = open.some(mayWaitForTransaction) ? await reader.need(TRANSACTIONS) : [];
  const mayHold = ({ lock, seconds }: Waiter, row: Row): boolean => {
    // InnoDB tells when a wait for a row began, and a session that began later blocks no one. Who holds on to a table without doing
    // anything sleeps in a transaction; what runs is shown as what it is.
    if (lock === ROW_LOCK) return Number(row['locks']) === 1 && Number(row['age']) >= (seconds ?? 0);
    return row['id'] === null || textOf(row['command']).toLowerCase() === 'sleep';
  };
  for (const waiter of open) {
    const ids = mayWaitForTransaction(waiter)
      ? transactions.filter((row) => mayHold(waiter, row)).map((row) => idOf(row['id']))
      : changersOf(waiter, all);
    const others = [...new Set(ids)].filter((id) => id !== waiter.id);
    holders.add(
      waiter.id,
      others.slice(0, LIKELY).map((blocker) => ({ blocker, likely: true })),
    );
  }
}

/** Prepared XA transactions, as the statement that ends one takes it; `null` where our account may not ask. */
export type PreparedXa = readonly string[] | null;

const OF_XA =
  'A prepared XA transaction holds it, and no session does. End it with XA COMMIT or XA ROLLBACK and its xid.';
const OF_SOME_XA =
  'One of these prepared XA transactions holds it, and no session does. End the right one with XA COMMIT or XA ROLLBACK and its xid.';
const OF_NO_SESSION =
  'A transaction without a session holds it, and XA RECOVER names none: the server itself rolls it back or replays it.';

function orphan(prepared: PreparedXa, denied: string): Pick<LockWait, 'reason' | 'xa'> {
  if (prepared === null) return { reason: denied };
  if (prepared.length === 0) return { reason: OF_NO_SESSION };
  return { reason: prepared.length === 1 ? OF_XA : OF_SOME_XA, xa: prepared };
}

/** What differs between the engines in {@link toWaits}. */
export interface Ending {
  readonly holders: Holders;
  readonly prepared: () => Promise<PreparedXa>;
  /** Why prepared XA transactions have no name here. */
  readonly xaDenied: string;
  /** Why a holder is not known; asked of the server at most once. */
  readonly why: () => Promise<(waiter: Waiter) => string>;
}

/** Each waiter with its holders. Whose holder is not known is looked at once more, since it may have its lock by now. */
export async function toWaits(
  reader: LockReader,
  waiters: ReadonlyMap<SessionId, Waiter>,
  { holders, prepared, xaDenied, why }: Ending,
): Promise<readonly LockWait[]> {
  const isOpen = ({ id }: Waiter): boolean => holders.of(id).every(({ likely }) => likely);
  let all = [...waiters.values()];
  for (const { id, holder } of all) if (holder !== null) holders.add(id, [{ blocker: holder }]);
  if (all.some(isOpen)) {
    const still = await readWaiters(reader);
    all = all.filter((waiter) => !isOpen(waiter) || still.get(waiter.id)?.lock === waiter.lock);
    await addLikely(
      reader,
      holders,
      all.filter(({ id }) => holders.of(id).length === 0),
      all,
    );
  }
  let xa: PreparedXa | undefined;
  let reason: ((waiter: Waiter) => string) | undefined;
  const unknown = async (waiter: Waiter): Promise<string> => {
    reason ??= await why();
    return reason(waiter);
  };
  const waits: LockWait[] = [];
  for (const waiter of all) {
    const { id, lock, seconds } = waiter;
    const found = holders.of(id);
    if (found.length === 0) waits.push({ waiter: id, blocker: null, lock, seconds, reason: await unknown(waiter) });
    for (const { blocker, likely } of found) {
      const wait = { waiter: id, blocker, lock, seconds };
      const maybe = likely ? { likely, reason: await unknown(waiter) } : {};
      if (blocker === null) {
        if (xa === undefined) xa = await prepared();
        waits.push({ ...wait, ...orphan(xa, xaDenied), ...maybe });
      } else waits.push({ ...wait, ...maybe });
    }
  }
  return waits;
}

/** A lock, as a server lists it or as we infer it. `owner` is a session, or `null` for a transaction that has none. */
export interface Lock {
  readonly owner: SessionId | null;
  /** What is locked: equal text is the same thing. */
  readonly object: string;
  readonly modes: LockModes;
  readonly mode: string;
}

/** A session that holds up a waiter. */
export interface Holder {
  readonly blocker: SessionId | null;
  /** It may be the one, and may not. */
  readonly likely?: true;
}

/**
 * Who keeps a request from being granted: those that hold what it excludes; where there are none, those who wait for it
 * themselves and come first. A session that only waits is not named for one that would go on waiting without it.
 */
export function holdersOf(request: Lock, granted: readonly Lock[], pending: readonly Lock[]): readonly Holder[] {
  const excluded = request.modes[request.mode];
  if (excluded === undefined) return [];
  const others = (locks: readonly Lock[], modes: readonly string[]): readonly Holder[] =>
    locks
      .filter(({ owner, object, mode }) => object === request.object && owner !== request.owner && modes.includes(mode))
      .map(({ owner }) => ({ blocker: owner }));
  const holding = others(granted, excluded.granted);
  return holding.length > 0 ? holding : others(pending, excluded.pending);
}

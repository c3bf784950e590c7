import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decodeTime, monotonicFactory } from 'ulid';
import type { AuditOutcome, AuditQuery, AuditStore, Intent, OpenQuery } from '../../lib/audit/audit.ts';
import { AppError } from '../../lib/errors.ts';
import type { Stop, StopStore } from '../../lib/sessions/kill/stop-switch.ts';
import type { Kept } from '../../lib/state/replay-store.ts';
import { CLOSE, createSchema, INSERT, IS_OPEN, toClosing, toRecord, toRow } from './audit-schema.ts';

/** What one machine keeps: the record, and beside it whether every kill is stopped. */
export interface LocalStores extends AuditStore {
  readonly stops: StopStore;
  /** What else outlives the process, by kind and name. */
  kept<Value>(kind: string): Kept<Value>;
  close(): void;
}

/**
 * Keeps audit records in one SQLite file, made with its folder where missing, for its owner's eyes only. What it
 * acknowledged is on the disk. Several processes may share the file; it waits up to `busyTimeoutMs` for another.
 *
 * @throws AppError `audit-unavailable` if the file cannot be written; so do all methods, except that `finishAll`
 * resolves to all IDs then. `finish` rejects with `internal` for a record that is unknown or closed.
 */
export function openAuditStore(file: string, busyTimeoutMs = 5_000): LocalStores {
  // Absolute, so that SQLite takes no name (`:memory:`, `file:…`) for anything but a file.
  const database = attempt(() => open(resolve(file), busyTimeoutMs));
  const nextId = monotonicFactory();

  const insert = (intents: readonly Intent[], outcome?: AuditOutcome) =>
    inTransaction(database, () => {
      const statement = database.prepare(INSERT);
      return intents.map((intent) => {
        const id = nextId();
        statement.run(toRow(id, new Date(decodeTime(id)).toISOString(), intent, outcome));
        return id;
      });
    });
  const insertOne = (intent: Intent, outcome?: AuditOutcome): string => {
    const [id] = attempt(() => insert([intent], outcome));
    if (id === undefined) throw new AppError('audit-unavailable');
    return id;
  };
  const closeAll = (outcomes: ReadonlyMap<string, AuditOutcome>) =>
    inTransaction(database, () => {
      const statement = database.prepare(CLOSE);
      const outcomeAt = new Date().toISOString();
      const isClosed = ([id, outcome]: [string, AuditOutcome]) =>
        statement.run({ ...toClosing(outcome, outcomeAt), id }).changes === 1;
      return [...outcomes].filter((entry) => !isClosed(entry)).map(([id]) => id);
    });

  return {
    begin: async (intent) => insertOne(intent),
    beginAll: async (intents) => attempt(() => insert(intents)),
    note: async (intent, outcome) => insertOne(intent, outcome),
    finish: async (id, outcome) => {
      const left = attempt(() => closeAll(new Map([[id, outcome]])));
      if (left.length > 0) throw new AppError('internal', { detail: `audit record ${id} is not open.` });
    },
    finishAll: async (outcomes) => {
      try {
        return closeAll(outcomes);
      } catch (error) {
        process.emitWarning(`${outcomes.size} audit records stay open: ${error}`);
        return [...outcomes.keys()];
      }
    },
    list: async (query) => attempt(() => select(database, query)),
    open: async (query) => attempt(() => selectOpen(database, query)),
    stops: stopStoreIn(database),
    kept: (kind) => keptIn(database, kind),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function open(file: string, busyTimeoutMs: number): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // Before SQLite makes it: its own files (-wal, -shm) take the mode of this one.
  closeSync(openSync(file, 'a', 0o600));
  const { mode } = statSync(file);
  if (mode & 0o077) chmodSync(file, mode & 0o700);
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    // FULL: WAL with NORMAL may lose the last commits when the power fails. fullfsync: macOS needs it to mean that.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;');
    createSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function select(database: DatabaseSync, query: AuditQuery) {
  const conditions = Object.entries({
    'target = ?': query.target,
    'subject = ?': query.subject,
    'at >= ?': query.from && new Date(query.from).toISOString(),
    'at < ?': query.to && new Date(query.to).toISOString(),
    'id < ?': query.after,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const where = ['TRUE', ...conditions.map(([condition]) => condition)].join(' AND ');
  return database
    .prepare(`SELECT * FROM audit WHERE ${where} ORDER BY id DESC LIMIT ?`)
    .all(...conditions.map(([, value]) => value), query.limit)
    .map(toRecord);
}

const selectOpen = (database: DatabaseSync, { before, limit, after = '' }: OpenQuery) =>
  database
    .prepare(`SELECT * FROM audit WHERE ${IS_OPEN} AND at < ? AND id > ? ORDER BY id LIMIT ?`)
    .all(new Date(before).toISOString(), after, limit)
    .map(toRecord);

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new AppError('audit-unavailable', { cause });
  }
}

/** Works on a table beside the record, which is made where it is missing. */
function attemptBeside<T>(database: DatabaseSync, table: string, work: () => T): T {
  try {
    database.exec(table);
    return work();
  } catch (cause) {
    throw new AppError('state-unavailable', { cause });
  }
}

const STOP_TABLE = `CREATE TABLE IF NOT EXISTS stop (
  id INTEGER PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL, since TEXT NOT NULL
) STRICT`;

/** The stop of one machine, in the file of its record: all processes that share the file see it. */
function stopStoreIn(database: DatabaseSync): StopStore {
  const beside = async <Result>(work: () => Result): Promise<Result> => attemptBeside(database, STOP_TABLE, work);
  return {
    read: () =>
      beside((): Stop | undefined => {
        const row = database.prepare('SELECT source, subject, reason, since FROM stop').get();
        if (row === undefined) return undefined;
        const { source, subject, reason, since } = row as Record<string, string>;
        return { by: { source, subject }, reason, since } as Stop;
      }),
    put: ({ by, reason, since }) =>
      beside(() => {
        const insert = 'INSERT OR IGNORE INTO stop VALUES (1, ?, ?, ?, ?)';
        database.prepare(insert).run(by.source, by.subject, reason, since);
      }),
    remove: () => beside(() => database.exec('DELETE FROM stop')),
  };
}

const KEPT_TABLE = `CREATE TABLE IF NOT EXISTS kept (
  kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID`;

/** Values of one kind as JSON beside the record: what was set is on the disk, and there after a restart. */
function keptIn<Value>(database: DatabaseSync, kind: string): Kept<Value> {
  const beside = <Result>(work: () => Result): Result => attemptBeside(database, KEPT_TABLE, work);
  // Nobody else writes the table.
  const read = (text: unknown): Value => JSON.parse(String(text));
  return {
    get: (name) =>
      beside(() => {
        const row = database.prepare('SELECT value FROM kept WHERE kind = ? AND name = ?').get(kind, name);
        return row === undefined ? undefined : read(row['value']);
      }),
    set: (name, value) =>
      beside(() => database.prepare('REPLACE INTO kept VALUES (?, ?, ?)').run(kind, name, JSON.stringify(value))),
    delete: (name) => beside(() => database.prepare('DELETE FROM kept WHERE kind = ? AND name = ?').run(kind, name)),
    [Symbol.iterator]: () => {
      const rows = beside(() => database.prepare('SELECT name, value FROM kept WHERE kind = ?').all(kind));
      return rows.map((row): readonly [string, Value] => [String(row['name']), read(row['value'])])[Symbol.iterator]();
    },
  };
}

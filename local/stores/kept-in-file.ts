import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../lib/errors.ts';
import type { Kept } from '../../lib/state/replay-store.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS kept (
  kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID`;

/** Values of one kind as JSON beside the record: what was set is on the disk, and there after a restart. */
export function keptIn<Value>(database: DatabaseSync, kind: string): Kept<Value> {
  const attempt = <Result>(work: () => Result): Result => {
    try {
      database.exec(TABLE);
      return work();
    } catch (cause) {
      throw new AppError('state-unavailable', { cause });
    }
  };
  // Nobody else writes the table.
  const read = (text: unknown): Value => JSON.parse(String(text));
  return {
    get: (name) =>
      attempt(() => {
        const row = database.prepare('SELECT value FROM kept WHERE kind = ? AND name = ?').get(kind, name);
        return row === undefined ? undefined : read(row['value']);
      }),
    set: (name, value) =>
      attempt(() => database.prepare('REPLACE INTO kept VALUES (?, ?, ?)').run(kind, name, JSON.stringify(value))),
    delete: (name) => attempt(() => database.prepare('DELETE FROM kept WHERE kind = ? AND name = ?').run(kind, name)),
    [Symbol.iterator]: () => {
      const rows = attempt(() => database.prepare('SELECT name, value FROM kept WHERE kind = ?').all(kind));
      return rows.map((row): readonly [string, Value] => [String(row['name']), read(row['value'])])[Symbol.iterator]();
    },
  };
}

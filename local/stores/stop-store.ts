import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../lib/errors.ts';
import type { Stop, StopStore } from '../../lib/sessions/kill/stop-switch.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS stop (
  id INTEGER PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL, since TEXT NOT NULL
) STRICT`;

/** The stop of one machine, in the file of its record: all processes that share the file see it. */
export function stopStoreIn(database: DatabaseSync): StopStore {
  const attempt = async <Result>(work: () => Result): Promise<Result> => {
    try {
      database.exec(TABLE);
      return work();
    } catch (cause) {
      throw new AppError('state-unavailable', { cause });
    }
  };
  return {
    read: () =>
      attempt((): Stop | undefined => {
        const row = database.prepare('SELECT source, subject, reason, since FROM stop').get();
        if (row === undefined) return undefined;
        const { source, subject, reason, since } = row as Record<string, string>;
        return { by: { source, subject }, reason, since } as Stop;
      }),
    put: ({ by, reason, since }) =>
      attempt(() => {
        const insert = 'INSERT OR IGNORE INTO stop VALUES (1, ?, ?, ?, ?)';
        database.prepare(insert).run(by.source, by.subject, reason, since);
      }),
    remove: () => attempt(() => database.exec('DELETE FROM stop')),
  };
}

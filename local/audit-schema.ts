import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { AuditRecord, Intent } from '../lib/audit/audit.ts';

const VERSION = 4;

/** As `isOpen` of lib/audit/audit.ts says it. */
export const IS_OPEN = "(outcome IS NULL OR outcome = 'pending')";

const CREATE = `
  CREATE TABLE IF NOT EXISTS audit (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, target TEXT NOT NULL, source TEXT NOT NULL, subject TEXT NOT NULL,
    kind TEXT NOT NULL, sessionId TEXT NOT NULL, sessionTag TEXT NOT NULL, statementTag TEXT, user TEXT, host TEXT,
    db TEXT, command TEXT NOT NULL, time REAL, statement TEXT, identity TEXT NOT NULL, reason TEXT, reaper TEXT,
    correlationId TEXT NOT NULL, outcome TEXT, proven INTEGER NOT NULL DEFAULT 0, detail TEXT, outcomeAt TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS audit_target ON audit (target, id);
  CREATE INDEX IF NOT EXISTS audit_subject ON audit (subject, id);
  CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
  DROP INDEX IF EXISTS audit_open;
  CREATE INDEX audit_open ON audit (id) WHERE ${IS_OPEN};
  PRAGMA user_version = ${VERSION};
`;

/** Adds a record; its named parameters are those of {@link toRow}. */
export const INSERT = `
  INSERT INTO audit (id, at, target, source, subject, kind, sessionId, sessionTag, statementTag, user, host, db,
    command, time, statement, identity, reason, reaper, correlationId)
  VALUES (:id, :at, :target, :source, :subject, :kind, :sessionId, :sessionTag, :statementTag, :user, :host, :db,
    :command, :time, :statement, :identity, :reason, :reaper, :correlationId)`;

/** Closes a record that is open, and no other. */
export const CLOSE = `
  UPDATE audit SET outcome = :outcome, proven = :proven, detail = :detail, outcomeAt = :outcomeAt
  WHERE id = :id AND ${IS_OPEN}`;

/** Makes the table where it is missing. @throws Error for a file that a later version of the program made. */
export function createSchema(database: DatabaseSync): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found > VERSION) throw new Error(`the audit file has version ${found}; this program knows up to ${VERSION}`);
  const reaper = found > 0 && found < 3 ? 'ALTER TABLE audit ADD COLUMN reaper TEXT;' : '';
  if (found < VERSION) database.exec(`BEGIN IMMEDIATE; ${reaper} ${CREATE} COMMIT;`);
}

/** The parameters of {@link INSERT}. */
export const toRow = (id: string, at: string, { principal, ...intent }: Intent) => ({
  id,
  at,
  ...principal,
  ...intent,
});

/** A row as {@link INSERT} and {@link CLOSE} made it. */
export function toRecord(row: Record<string, SQLOutputValue>): AuditRecord {
  const { source, subject, proven, ...rest } = row;
  // Nobody else writes the table, and STRICT holds each column to its type.
  return { ...rest, principal: { source, subject }, proven: proven === 1 } as unknown as AuditRecord;
}

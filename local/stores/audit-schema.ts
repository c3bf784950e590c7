import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { AuditOutcome, AuditRecord, Intent } from '../../lib/audit/audit.ts';

const VERSION = 6;

/** As `isOpen` of lib/audit/audit.ts says it. */
export const IS_OPEN = "(outcome IS NULL OR outcome = 'pending')";

const TABLE = `
  CREATE TABLE audit (
    id TEXT PRIMARY KEY, at TEXT NOT NULL, target TEXT NOT NULL, source TEXT NOT NULL, subject TEXT NOT NULL,
    kind TEXT NOT NULL, sessionId TEXT, sessionTag TEXT, statementTag TEXT, user TEXT, host TEXT,
    db TEXT, command TEXT, time REAL, statement TEXT, identity TEXT, reason TEXT, reaper TEXT,
    correlationId TEXT NOT NULL, outcome TEXT, proven INTEGER NOT NULL DEFAULT 0, detail TEXT, outcomeAt TEXT,
    sessionName TEXT, sourceIp TEXT, userAgent TEXT, issuer TEXT, client TEXT, approverSource TEXT, approver TEXT,
    approvalRequest TEXT, rule TEXT, escalates TEXT, filter TEXT, count INTEGER, agent TEXT
  ) STRICT;
`;

const INDEXES = `
  CREATE INDEX audit_target ON audit (target, id);
  CREATE INDEX audit_subject ON audit (subject, id);
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_open ON audit (id) WHERE ${IS_OPEN};
  PRAGMA user_version = ${VERSION};
`;

/** The columns of versions before 5. */
const EARLIER = `id, at, target, source, subject, kind, sessionId, sessionTag, statementTag, user, host, db, command, time,
  statement, identity, reason, reaper, correlationId, outcome, proven, detail, outcomeAt`;

/** Adds a record; its named parameters are those of {@link toRow}. */
export const INSERT = `
  INSERT INTO audit (id, at, target, source, subject, kind, sessionId, sessionTag, statementTag, user, host, db,
    command, time, statement, identity, reason, reaper, correlationId, outcome, proven, detail, outcomeAt,
    sessionName, sourceIp, userAgent, issuer, client, approverSource, approver, approvalRequest, rule, escalates,
    filter, count, agent)
  VALUES (:id, :at, :target, :source, :subject, :kind, :sessionId, :sessionTag, :statementTag, :user, :host, :db,
    :command, :time, :statement, :identity, :reason, :reaper, :correlationId, :outcome, :proven, :detail, :outcomeAt,
    :sessionName, :sourceIp, :userAgent, :issuer, :client, :approverSource, :approver, :approvalRequest, :rule,
    :escalates, :filter, :count, :agent)`;

/** Closes a record that is open, and no other. */
export const CLOSE = `
  UPDATE audit SET outcome = :outcome, proven = :proven, detail = :detail, outcomeAt = :outcomeAt,
    approverSource = coalesce(:approverSource, approverSource), approver = coalesce(:approver, approver)
  WHERE id = :id AND ${IS_OPEN}`;

/** Makes the table where it is missing, and anew where an earlier version made it. @throws Error for a file that a later version of the program made. */
export function createSchema(database: DatabaseSync): void {
  if (versionOf(database) === VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have done it meanwhile.
    const found = versionOf(database);
    if (found > VERSION) throw new Error(`the audit file has version ${found}; this program knows up to ${VERSION}`);
    if (found < VERSION) database.exec(found === 0 ? `${TABLE} ${INDEXES}` : migrationFrom(found));
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

const versionOf = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA user_version').get()?.['user_version']);

/** A column that may not be null cannot be made one that may, so the table is made anew. */
const migrationFrom = (found: number): string =>
  found === 5
    ? `ALTER TABLE audit ADD COLUMN agent TEXT; PRAGMA user_version = ${VERSION};`
    : `
  ${found < 3 ? 'ALTER TABLE audit ADD COLUMN reaper TEXT;' : ''}
  ALTER TABLE audit RENAME TO earlier;
  ${TABLE}
  INSERT INTO audit (${EARLIER}) SELECT ${EARLIER} FROM earlier;
  DROP TABLE earlier;
  ${INDEXES}`;

/** The parameters of {@link INSERT}: of an open intent, or of one that comes with its outcome. */
export const toRow = (
  id: string,
  at: string,
  { principal: { source, subject }, caller, approver, ...intent }: Intent,
  outcome?: AuditOutcome,
) => ({
  ...intent,
  ...caller,
  id,
  at,
  source,
  subject,
  ...(outcome === undefined ? OPEN : toClosing(outcome, at)),
  approverSource: approver?.source ?? null,
  approver: approver?.subject ?? null,
});

const OPEN = { outcome: null, proven: 0, detail: null, outcomeAt: null };

/** The parameters of {@link CLOSE}, but for the ID. */
export const toClosing = ({ outcome, proven, detail, approver }: AuditOutcome, outcomeAt: string) => ({
  ...{ outcome, proven: proven ? 1 : 0, detail, outcomeAt },
  approverSource: approver?.source ?? null,
  approver: approver?.subject ?? null,
});

/** A row as {@link INSERT} and {@link CLOSE} made it. */
export function toRecord(row: Record<string, SQLOutputValue>): AuditRecord {
  const { source, subject, proven, approverSource, approver, ...rest } = row;
  const { sessionName, sourceIp, userAgent, issuer, client, ...fields } = rest;
  // Nobody else writes the table, and STRICT holds each column to its type.
  return {
    ...fields,
    principal: { source, subject },
    caller: { sessionName, sourceIp, userAgent, issuer, client },
    approver: approver === null ? null : { source: approverSource, subject: approver },
    proven: proven === 1,
  } as unknown as AuditRecord;
}

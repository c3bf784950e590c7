import type { SessionId } from '../../sessions/session.ts';

/** A session that waits for a lock, by the server's own state. */
export interface Waiter {
  readonly id: SessionId;
  readonly lock: string;
  readonly seconds: number | null;
  readonly db: string | null;
  readonly text: string;
  /** Who holds the lock that it waits for with GET_LOCK, where its text names that. */
  readonly holder: SessionId | null;
}

/** What a statement asks for: a table, and the modes of which it is one. */
export interface TableRequest {
  readonly db: string;
  /** `null`: every table of the database. */
  readonly table: string | null;
  readonly modes: readonly string[];
}

const NAME = '(?:`[^`]+`|[\\w$\\u0080-\\uffff]+)';
const TABLE = `(?<name>${NAME}(?:\\s*\\.\\s*${NAME})?)`;
const LIST = `(?<name>${NAME}(?:\\s*\\.\\s*${NAME})?(?:\\s*,\\s*${NAME}(?:\\s*\\.\\s*${NAME})?)*)`;

interface Form {
  readonly pattern: RegExp;
  readonly modes: readonly string[];
  /** Ahead of the whole statement, or anywhere in it. */
  readonly isDatabase?: true;
}

const X = ['EXCLUSIVE'];
const WRITES = ['SHARED_WRITE'];
const READS = ['SHARED_READ'];
/** A SELECT within another statement may lock what it reads. */
const READS_OR_WRITES = ['SHARED_READ', 'SHARED_WRITE'];

const form = (source: string, modes: readonly string[], flags = 'i'): Form => ({
  pattern: new RegExp(source, `${flags}g`),
  modes,
});

const CHANGING: readonly Form[] = [
  form(`^\\s*alter\\s+(?:online\\s+)?(?:ignore\\s+)?table\\s+(?:if\\s+exists\\s+)?${TABLE}`, X),
  form(`^\\s*drop\\s+tables?\\s+(?:if\\s+exists\\s+)?${LIST}`, X),
  form(`^\\s*truncate\\s+(?:table\\s+)?${TABLE}`, X),
  form(`^\\s*rename\\s+tables?\\s+${TABLE}`, X),
  form(`^\\s*create\\s+(?:or\\s+replace\\s+)?(?:unique\\s+)?index\\s+[^()]*?\\son\\s+${TABLE}`, X),
  form(`^\\s*drop\\s+index\\s+\\S+\\s+on\\s+${TABLE}`, X),
  {
    pattern: new RegExp(`^\\s*drop\\s+(?:database|schema)\\s+(?:if\\s+exists\\s+)?(?<name>${NAME})`, 'gi'),
    modes: X,
    isDatabase: true,
  },
  form(`^\\s*update\\s+(?:low_priority\\s+)?(?:ignore\\s+)?${TABLE}`, WRITES),
  form(`^\\s*(?:insert|replace)\\s+(?:low_priority\\s+|ignore\\s+)*(?:into\\s+)?${TABLE}`, WRITES),
  form(`^\\s*delete\\s+(?:low_priority\\s+|quick\\s+|ignore\\s+)*from\\s+${TABLE}`, WRITES),
];
const READING = form(`\\b(?:from|join)\\s+${TABLE}`, READS);

const COMMENTS = /\/\*(?![!M])[\s\S]*?\*\/|(?:--\s|#).*$/gm;
const LITERALS = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"/g;

const bare = (name: string): string => name.trim().replace(/^`(.*)`$/, '$1');

function toRequests(names: string, { modes, isDatabase }: Form, db: string | null): readonly TableRequest[] {
  if (isDatabase) return [{ db: bare(names), table: null, modes }];
  return names.split(',').flatMap((name) => {
    const [first = '', second] = name.split('.').map(bare);
    if (second !== undefined) return [{ db: first, table: second, modes }];
    return db === null ? [] : [{ db, table: first, modes }];
  });
}

/**
 * The tables that a waiting statement must lock, as far as its words say so without doubt: a table right after the words that
 * call for one. Views, routines and foreign keys are not followed; what they need is not among the answers.
 */
export function tableRequests({ text, db }: Pick<Waiter, 'text' | 'db'>): readonly TableRequest[] {
  const plain = text.replace(COMMENTS, ' ').replace(LITERALS, "''");
  const found = (one: Form): readonly TableRequest[] =>
    [...plain.matchAll(one.pattern)].flatMap(({ groups }) => toRequests(groups?.['name'] ?? '', one, db));
  const changed = CHANGING.flatMap(found);
  const isPlainSelect = /^\s*select\b/i.test(plain) && !/\b(?:for\s+update|in\s+share\s+mode)\b/i.test(plain);
  const read = found(isPlainSelect ? READING : { ...READING, modes: READS_OR_WRITES });
  return [
    ...changed,
    ...read.filter((one) => !changed.some(({ db: d, table }) => d === one.db && table === one.table)),
  ];
}

/** In which modes a statement may ask for any table, `null` for those of all kinds: what reads and writes rows keeps no one out. */
export const tableModes = (text: string): readonly string[] | null =>
  /^\s*(?:select|insert|replace|update|delete|load|with)\b/i.test(text.replace(COMMENTS, ' ')) ? READS_OR_WRITES : null;

const DEFINES = ['BACKUP_DDL', 'BACKUP_ALTER_COPY'];
const WRITES_ROWS = ['BACKUP_DML', 'BACKUP_TRANS_DML', 'BACKUP_SYS_DML'];

/** Of which modes of the one lock for backups a waiting statement asks for one. */
export function backupRequests(text: string): readonly string[] {
  const plain = text.replace(COMMENTS, ' ');
  if (/^\s*flush\b/i.test(plain)) return ['BACKUP_FTWRL1', 'BACKUP_FTWRL2'];
  const stage = /^\s*backup\s+stage\s+(\w+)/i.exec(plain)?.[1]?.toLowerCase();
  if (stage === 'start') return ['BACKUP_START'];
  if (stage !== undefined) return ['BACKUP_FLUSH', 'BACKUP_WAIT_FLUSH', 'BACKUP_WAIT_DDL', 'BACKUP_WAIT_COMMIT'];
  if (/^\s*(?:commit|xa)\b/i.test(plain)) return ['BACKUP_COMMIT'];
  if (/^\s*(?:update|insert|replace|delete|load|select)\b/i.test(plain)) return [...WRITES_ROWS, 'BACKUP_COMMIT'];
  if (/^\s*(?:alter|create|drop|truncate|rename|optimize|repair|analyze)\b/i.test(plain)) return DEFINES;
  return [...DEFINES, ...WRITES_ROWS, 'BACKUP_COMMIT'];
}

/** What a request for a lock waits for: modes that another holds it in, and modes that another waits for and comes first with. */
interface Excluded {
  readonly granted: readonly string[];
  readonly pending: readonly string[];
}

/** Of one kind of lock, what each mode waits for. A mode that is not named waits for nothing that we know of. */
export type LockModes = Readonly<Record<string, Excluded>>;

const excluded = (granted: string, pending: string): Excluded => {
  const modesOf = (names: string): readonly string[] => names.split(' ').filter((name) => name !== '');
  return { granted: modesOf(granted), pending: modesOf(pending) };
};

/** Locks on a whole namespace, such as GLOBAL, COMMIT, SCHEMA, TABLESPACE and MySQL's BACKUP LOCK (MDL_scoped_lock in mdl.cc). */
export const SCOPED_MODES: LockModes = {
  INTENTION_EXCLUSIVE: excluded('SHARED EXCLUSIVE', 'SHARED EXCLUSIVE'),
  SHARED: excluded('INTENTION_EXCLUSIVE EXCLUSIVE', 'EXCLUSIVE'),
  EXCLUSIVE: excluded('INTENTION_EXCLUSIVE SHARED EXCLUSIVE', ''),
};

const ROW_WRITES = 'SHARED_WRITE SHARED_WRITE_LOW_PRIO';
const NO_OTHER = 'SHARED_NO_READ_WRITE EXCLUSIVE';
const NO_WRITER = `SHARED_NO_WRITE ${NO_OTHER}`;

/** Locks on a table, routine, trigger or name (MDL_object_lock in mdl.cc; MariaDB has the same but for one mode). */
export const OBJECT_MODES: LockModes = {
  SHARED: excluded('EXCLUSIVE', 'EXCLUSIVE'),
  SHARED_HIGH_PRIO: excluded('EXCLUSIVE', ''),
  SHARED_READ: excluded(NO_OTHER, NO_OTHER),
  SHARED_WRITE: excluded(`SHARED_READ_ONLY ${NO_WRITER}`, NO_WRITER),
  SHARED_WRITE_LOW_PRIO: excluded(`SHARED_READ_ONLY ${NO_WRITER}`, `SHARED_READ_ONLY ${NO_OTHER}`),
  SHARED_UPGRADABLE: excluded(`SHARED_UPGRADABLE ${NO_WRITER}`, 'EXCLUSIVE'),
  SHARED_READ_ONLY: excluded(`${ROW_WRITES} ${NO_OTHER}`, `SHARED_WRITE ${NO_OTHER}`),
  SHARED_NO_WRITE: excluded(`${ROW_WRITES} SHARED_UPGRADABLE ${NO_WRITER}`, 'EXCLUSIVE'),
  SHARED_NO_READ_WRITE: excluded(
    `SHARED_READ ${ROW_WRITES} SHARED_UPGRADABLE SHARED_READ_ONLY ${NO_WRITER}`,
    'EXCLUSIVE',
  ),
  EXCLUSIVE: excluded(
    `SHARED SHARED_HIGH_PRIO SHARED_READ ${ROW_WRITES} SHARED_UPGRADABLE SHARED_READ_ONLY ${NO_WRITER}`,
    '',
  ),
};

/** The server's own table locks, of engines without row locks (thr_lock.cc). */
export const TABLE_MODES: LockModes = { READ: excluded('WRITE', 'WRITE'), WRITE: excluded('READ WRITE', '') };

const FTWRL = 'BACKUP_FTWRL1 BACKUP_FTWRL2';
const STAGES = 'BACKUP_FLUSH BACKUP_WAIT_FLUSH BACKUP_WAIT_DDL BACKUP_WAIT_COMMIT';
const CHANGES = 'BACKUP_DML BACKUP_TRANS_DML BACKUP_SYS_DML BACKUP_DDL BACKUP_ALTER_COPY';
const both = (names: string): Excluded => excluded(names, names);

/** MariaDB's one lock for backups, FLUSH TABLES WITH READ LOCK and whatever changes data (MDL_backup_lock in its mdl.cc). */
export const BACKUP_MODES: LockModes = {
  BACKUP_START: excluded(`BACKUP_START ${STAGES} BACKUP_BLOCK_DDL`, `${STAGES} BACKUP_BLOCK_DDL`),
  BACKUP_FLUSH: excluded('BACKUP_START', ''),
  BACKUP_WAIT_FLUSH: excluded('BACKUP_START BACKUP_DML', ''),
  BACKUP_WAIT_DDL: excluded('BACKUP_START BACKUP_DML BACKUP_DDL', ''),
  BACKUP_WAIT_COMMIT: excluded('BACKUP_START BACKUP_DML BACKUP_SYS_DML BACKUP_DDL BACKUP_COMMIT', ''),
  BACKUP_FTWRL1: excluded(CHANGES, ''),
  BACKUP_FTWRL2: excluded(`${CHANGES} BACKUP_COMMIT`, ''),
  BACKUP_DML: both(`${STAGES} ${FTWRL}`),
  BACKUP_TRANS_DML: both(FTWRL),
  BACKUP_SYS_DML: both(`BACKUP_WAIT_COMMIT ${FTWRL}`),
  BACKUP_DDL: both(`BACKUP_WAIT_DDL BACKUP_WAIT_COMMIT ${FTWRL} BACKUP_BLOCK_DDL`),
  BACKUP_BLOCK_DDL: excluded(`BACKUP_START ${STAGES} BACKUP_BLOCK_DDL BACKUP_DDL`, 'BACKUP_START'),
  BACKUP_ALTER_COPY: both(FTWRL),
  BACKUP_COMMIT: both('BACKUP_WAIT_COMMIT BACKUP_FTWRL2'),
};

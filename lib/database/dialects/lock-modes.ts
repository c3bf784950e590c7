/** What a request for a lock waits for: modes that another holds it in, and modes that another waits for and comes first with. */
export interface Excluded {
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

const WRITES = 'SHARED_WRITE SHARED_WRITE_LOW_PRIO';
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
  SHARED_READ_ONLY: excluded(`${WRITES} ${NO_OTHER}`, `SHARED_WRITE ${NO_OTHER}`),
  SHARED_NO_WRITE: excluded(`${WRITES} SHARED_UPGRADABLE ${NO_WRITER}`, 'EXCLUSIVE'),
  SHARED_NO_READ_WRITE: excluded(`SHARED_READ ${WRITES} SHARED_UPGRADABLE SHARED_READ_ONLY ${NO_WRITER}`, 'EXCLUSIVE'),
  EXCLUSIVE: excluded(
    `SHARED SHARED_HIGH_PRIO SHARED_READ ${WRITES} SHARED_UPGRADABLE SHARED_READ_ONLY ${NO_WRITER}`,
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

import type { Session, SessionId } from '../sessions/session.ts';
import { globMatches } from './glob.ts';

/** What a session is compared with to tell whether it is protected. */
export interface ProtectionRules {
  /** The ID of our own connection on the server that listed the session; `null` for a recorded list. */
  readonly ownId: SessionId | null;
  /** Globs of user names that the configuration protects. Compared whatever their case. */
  readonly protectedUsers: readonly string[];
}

const SYSTEM_USERS: ReadonlySet<string> = new Set([
  // MySQL and MariaDB: threads of the server, and the reserved accounts of its own components.
  'system user',
  'event_scheduler',
  'mysql.session',
  'mysql.sys',
  'mysql.infoschema',
  'mariadb.sys',
  // Amazon RDS and Aurora.
  'rdsadmin',
  'rdsrepladmin',
  // Azure Database for MySQL and MariaDB (documentation, "azure_superuser").
  'azure_superuser',
  // Google Cloud SQL.
  'cloudsqladmin',
  'cloudsqlagent',
  'cloudsqlimportexport',
  'cloudsqlreplica',
  'cloudsqlconnpooladmin',
  'cloudsqlobservability',
  // OBProxy reads routes with it; all clients of the proxy wait when it is gone.
  'proxyro',
]);

// OceanBase names its own accounts so: …_restore_user, …_drc_user, …_standby_user (its source, `ob_define.h`).
const OCEANBASE_INNER = '__oceanbase_inner';

// MySQL's `Command_names` and MariaDB's `command_name`, in their old and new words.
const REPLICATION_COMMANDS: ReadonlySet<string> = new Set([
  'daemon',
  'connect out',
  'register slave',
  'register replica',
  'table dump',
  'clone',
]);
const REPLICATION_PREFIXES = ['binlog dump', 'slave_', 'replica_', 'group replication'];

/** True where the server names a user. MySQL's anonymous user is one too, and has an empty name. */
export const hasUser = (session: Pick<Session, 'user'>): session is { readonly user: string } => session.user !== null;

type Protectable = Pick<Session, 'id' | 'user' | 'command'>;

/** What protects a session, and why, as one public sentence. */
export interface Protection {
  readonly by: 'self' | 'system' | 'replication' | 'configuration';
  readonly reason: string;
}

/**
 * What protects a session from everybody, whatever their privileges; `null` where nothing does. Judge the row that the
 * server gave, never what a caller sent. Letter case is ignored, so that it protects too much rather than too little.
 */
export function protectionOf(session: Protectable, { ownId, protectedUsers }: ProtectionRules): Protection | null {
  if (session.id === ownId) return { by: 'self', reason: 'It is our own connection.' };
  if (!hasUser(session)) return { by: 'system', reason: 'It has no user: it is the server’s own.' };

  const user = session.user.trim().toLowerCase();
  if (SYSTEM_USERS.has(user) || user.startsWith(OCEANBASE_INNER)) {
    return { by: 'system', reason: 'Its user is the server’s or the vendor’s own.' };
  }
  // Before replication: a rule may take replication threads in, and never a configured user's.
  if (protectedUsers.some((pattern) => globMatches(pattern.toLowerCase(), session.user.toLowerCase()))) {
    return { by: 'configuration', reason: 'The configuration protects its user.' };
  }
  const command = session.command.trim().toLowerCase();
  if (REPLICATION_COMMANDS.has(command) || REPLICATION_PREFIXES.some((prefix) => command.startsWith(prefix))) {
    return { by: 'replication', reason: 'It serves replication or is a thread of the server.' };
  }
  return null;
}

/** Why nobody may end this session, as one public sentence; `null` where nothing protects it. See {@link protectionOf}. */
export const protectedReason = (session: Protectable, rules: ProtectionRules): string | null =>
  protectionOf(session, rules)?.reason ?? null;

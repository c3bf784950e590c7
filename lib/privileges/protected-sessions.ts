import type { Engine } from '../database/database.ts';
import type { Session, SessionId } from '../sessions/session.ts';
import { globMatches } from './glob.ts';

/** What a session is compared with to tell whether it is protected. */
export interface ProtectionRules {
  /** The ID of our own connection on the server that listed the session; `null` for a recorded list. */
  readonly ownId: SessionId | null;
  /** Globs of user names that the configuration protects. Compared whatever their case. */
  readonly protectedUsers: readonly string[];
  /** Of the server that listed the session, where it is known: some names are a vendor's own on one engine only. */
  readonly engine?: Engine | undefined;
  /** A reaper's rule names tenants: it means those of others too. */
  readonly tenants?: boolean;
  /** A reaper's rule includes replication: its protection then does not apply to that rule. */
  readonly replication?: boolean;
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
  // Huawei Cloud RDS for MySQL, its own `rdsAdmin` besides (documentation, "System accounts").
  'rdsbackup',
  'rdsmetric',
  'rdsrepl',
  'rdsproxy',
  // OceanBase's cloud platform watches its tenants with it.
  'ocp_monitor',
  // OBProxy reads routes with it; all clients of the proxy wait when it is gone.
  'proxyro',
]);

/** OceanBase makes them in every tenant. Elsewhere a person may bear such a name. */
const OCEANBASE_USERS: ReadonlySet<string> = new Set(['sys', 'oraauditor', 'lbacsys']);

// OceanBase names its own accounts so: …_restore_user, …_drc_user, …_standby_user (its source, `ob_define.h`).
const OCEANBASE_INNER = '__oceanbase_inner';

const isVendors = (user: string): boolean => SYSTEM_USERS.has(user) || user.startsWith(OCEANBASE_INNER);

/**
 * True for a name that a server or a vendor gives to its own, or to the administrator that it is installed with. A person who
 * has that name at an issuer is someone else.
 */
export function isSystemUser(name: string): boolean {
  const user = name.trim().toLowerCase();
  return user === 'root' || OCEANBASE_USERS.has(user) || isVendors(user);
}

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

type Protectable = Pick<Session, 'id' | 'user' | 'command'> &
  Partial<Pick<Session, 'state' | 'statement' | 'isWarden' | 'foreignTenant' | 'lingering'>>;

const doesReplicate = (command: string): boolean =>
  REPLICATION_COMMANDS.has(command) || REPLICATION_PREFIXES.some((prefix) => command.startsWith(prefix));

// What MySQL's replication threads say of themselves (`stage_…` in mysqld.cc), in their old and new words.
const REPLICATION_STATES =
  /^(?:connecting to (?:source|master)|checking (?:source|master) version|registering (?:replica|slave) on (?:source|master)|requesting binlog dump|(?:waiting to reconnect|reconnecting) after a failed|waiting for (?:source|master) (?:to send event|update)|queueing (?:source|master) event to the relay log|waiting for the (?:replica|slave) sql thread to free|reading event from the relay log|waiting for the next event in relay log|(?:replica|slave) has read all relay log|waiting for an event from coordinator|waiting for (?:dependent|preceding) transaction to commit|waiting for (?:replica|slave) workers? to|waiting until (?:source|master)_delay seconds|applying batch of row changes)/i;

/**
 * True where a thread of the user `system user` certainly serves replication. MariaDB says so by the command. MySQL gives
 * `Connect` and `Query` to scheduled events too, whose statement it shows: there the state has to say so, and a thread that
 * is busy with anything else is taken for the server's own.
 */
function isReplicationThread({ state, statement }: Protectable, command: string): boolean {
  if (/^(?:slave|replica)_/.test(command)) return true;
  if (command !== 'connect' && command !== 'query') return false;
  return (statement?.text ?? null) === null && REPLICATION_STATES.test(state ?? '');
}

/** What protects a session, and why, as one public sentence. */
export interface Protection {
  readonly by: 'self' | 'system' | 'tenant' | 'replication' | 'configuration';
  readonly reason: string;
}

/**
 * What protects a session from everybody, whatever their privileges; `null` where nothing does. Judge the row that the
 * server gave, never what a caller sent. Letter case is ignored, so that it protects too much rather than too little.
 */
export function protectionOf(
  session: Protectable,
  { ownId, protectedUsers, engine, tenants = false, replication = false }: ProtectionRules,
): Protection | null {
  if (session.id === ownId) return { by: 'self', reason: 'It is our own connection.' };
  if (session.isWarden) return { by: 'self', reason: 'It is a connection of Session Warden.' };
  if (!hasUser(session)) {
    const reason = session.lingering
      ? 'It is already being killed: the server undoes its work, and no longer shows whose it is.'
      : 'It has no user: it is the server’s own.';
    return { by: 'system', reason };
  }

  const user = session.user.trim().toLowerCase();
  const command = session.command.trim().toLowerCase();
  const isThread = user === 'system user' && isReplicationThread(session, command);
  if ((isVendors(user) && !isThread) || (engine === 'oceanbase' && OCEANBASE_USERS.has(user))) {
    return { by: 'system', reason: 'Its user is the server’s or the vendor’s own.' };
  }
  if (session.foreignTenant !== undefined && !tenants) {
    return { by: 'tenant', reason: 'It is of another tenant than our account. Make a target of that tenant.' };
  }
  // Before replication: a rule may take replication threads in, and never a configured user's.
  if (protectedUsers.some((pattern) => globMatches(pattern.toLowerCase(), session.user.toLowerCase()))) {
    return { by: 'configuration', reason: 'The configuration protects its user.' };
  }
  if ((isThread || doesReplicate(command)) && !replication) {
    return { by: 'replication', reason: 'It serves replication or is a thread of the server.' };
  }
  return null;
}

/** Why no one may end this session, as one public sentence; `null` where nothing protects it. See {@link protectionOf}. */
export const protectedReason = (session: Protectable, rules: ProtectionRules): string | null =>
  protectionOf(session, rules)?.reason ?? null;

/** What a reaper's rule takes in though it is protected. */
export type Exceptions = Pick<ProtectionRules, 'replication' | 'tenants'>;

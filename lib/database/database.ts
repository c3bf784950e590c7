import type { LockWait } from '../sessions/lock-wait.ts';
import type { KillKind, Session, SessionId } from '../sessions/session.ts';
import type { Encryption } from '../targets/credentials.ts';

/** One row of a server's answer, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** The engines that there is a dialect for. */
export const ENGINES = ['oceanbase', 'mysql', 'mariadb'] as const;

/** One of {@link ENGINES}. */
export type Engine = (typeof ENGINES)[number];

/** A privilege or view that our account lacks, and the statement that a DBA runs to fix it. */
export interface MissingGrant {
  /** What it is, `PROCESS` or `SELECT on performance_schema`. */
  readonly name: string;
  /** What does not work, or works less exactly, without it. */
  readonly effect: string;
  /** A complete GRANT statement for our account. */
  readonly grant: string;
}

/** The server at the other end of one connection. */
export interface Server {
  readonly engine: Engine;
  readonly version: string;
  /** The server's own lasting identity (`@@server_uuid`, `@@server_uid`). */
  readonly identity: string;
  /** The ID of our own connection, which is never a victim. */
  readonly ownId: SessionId;
  /** Our account as the server matched it, `'user'@'host'`. */
  readonly account: string;
  /** True where kills go through the vendor's procedures (`mysql.rds_kill`). */
  readonly managed: boolean;
  /** How our connection is encrypted. */
  readonly encryption: Encryption;
}

/** A session to end, and everything that must still hold in the server at the moment of the kill. */
export interface Victim {
  readonly session: Session;
  /** Compare the statement too. Always true for `query`; for `connection` when a cancelled statement is escalated. */
  readonly compareStatement: boolean;
  /** Compare that it is still in the same command, and for at least as long as when it was listed: a sleeper that woke up is spared. */
  readonly compareActivity?: boolean;
  /** With `compareActivity`: seconds in the command, at least, whatever was listed. */
  readonly leastTime?: number;
}

/**
 * What the server made of one compare-and-kill: `sent`: it compared equal and KILL was accepted; `gone`: it compared
 * equal and the server knew no such ID when KILL came; `no-match`: it compared unequal, and no KILL reached it; `denied`:
 * the server lets our account end others, and not this one (MySQL's SYSTEM_USER).
 */
export type KillReply = 'sent' | 'gone' | 'no-match' | 'denied';

/**
 * What the server's own record of ended statements says about one that was to be cut. `ended-after`: it ended once the
 * KILL had begun, and without an error, as SLEEP does when it is cut, and as any other does that was just done. `ended`: it
 * ended without an error, and the next one may still turn out to have been cut. `cut-another`: it ended by itself, and the
 * KILL hit a later one; `cut-later`: a later one was cut, and nothing tells whether by this KILL.
 */
export type StatementRecord =
  | 'cut'
  | 'ended-after'
  | 'ended-itself'
  | 'ended'
  | 'cut-another'
  | 'cut-later'
  | 'unknown';

/** What costs more to read than most need. */
export interface More {
  /** Memory and processor time, which cost MySQL a walk over all its instruments for each session. */
  readonly resources?: boolean;
  /** Statements whole, and not their first 4,096 characters. A shorter one is whole always. */
  readonly wholeStatements?: boolean;
}

/** One connection to one server, opened late and closed always, for those who look. Who ends sessions needs a {@link KillingDatabase}. */
export interface Database {
  readonly server: Server;
  /** True where a statement is told from every other by the engine's own identity. */
  readonly exactStatements: boolean;
  /** Every session that the account can see, our own included, with transactions; or only those of `ids`. One round trip. */
  list(ids?: readonly SessionId[], more?: More): Promise<readonly Session[]>;
  /** Those of the IDs that stand in the process list, without transactions: as light as a look can be. One round trip. @throws AppError `target-failed` where another server answers than at the first look, or where no process list shows our own session */
  find(ids: readonly SessionId[]): Promise<readonly Session[]>;
  /** Where the process list is read from, and why from no better place; known once something was read. */
  readonly source: { readonly name: string; readonly weakness: string | null };
  /**
   * True where the account sees sessions that have left the process list and whose work the server still undoes: only then
   * is one that the list lacks gone for certain. Those are listed with the command `Killed`.
   */
  readonly seesLingering: boolean;
  /** True where the server itself ends one execution of one statement and no other: then many may share one compare. */
  readonly killsStatementsExactly: boolean;
  /** True while the server is known, or not yet known not, to keep a record of ended statements that the account may read. */
  readonly keepsRecord: boolean;
  /** What became of a victim's statement by the server's own record; `unknown` where it keeps none. */
  statementRecord(victim: Session): Promise<StatementRecord>;
  /** Who waits for whose lock; `null` where this server tells no one. @throws AppError `target-privilege-missing`, and `detail` says of what */
  lockWaits(): Promise<readonly LockWait[] | null>;
  /** How many connections the server allows, and how many are used where that limit holds: on the fullest node of a cluster; `used` is `null` where the process list tells. `null` where the server tells no limit. */
  connections(): Promise<{ readonly most: number; readonly used: number | null } | null>;
  /** PROCESS and SUPER (or its successors) as every account of each of these user names holds them, roles included. */
  privilegesOf(users: readonly string[]): Promise<{ readonly process: boolean; readonly super: boolean }>;
  /** The privilege to grant on this engine so that an account may end every session (`SUPER` or its successor). */
  readonly superPrivilege: string;
  /** PROCESS and SUPER (or its successors) as our own account holds them now, active roles included. */
  ownPrivileges(): Promise<{ readonly process: boolean; readonly super: boolean }>;
  /** What the dialect's survey asks, and the server's rows or its error number; empty where the dialect asks nothing. */
  survey(): Promise<Readonly<Record<string, readonly Row[] | { readonly error: unknown }>>>;
  /** Every privilege and view that the tool can use and this account lacks. */
  findMissingGrants(): Promise<readonly MissingGrant[]>;
  /** Ends the connection; never throws, never waits for a silent server. */
  close(): Promise<void>;
}

/** A connection that can end sessions. Its holder hands it to `carryOut` of `lib/sessions`, which alone asks it to. */
export interface KillingDatabase extends Database {
  /** Compares each victim inside the server and ends those that compare equal, in the same round trip. Replies in the victims' order. */
  compareAndKill(victims: readonly Victim[], kind: KillKind): Promise<readonly KillReply[]>;
}

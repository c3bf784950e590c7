import type { ErrorCode } from '../errors.ts';
import type { LockWait } from '../sessions/lock-wait.ts';
import type { EngineColumnName, KillKind, SessionId, UnknownField, UnknownName } from '../sessions/session.ts';
import type { Engine, Row } from './database.ts';

export type { LockWait } from '../sessions/lock-wait.ts';

/** SQL expressions for each column of the process list that this project reads; `NULL` where a source lacks it. */
export type Columns = Readonly<
  Record<
    | 'server'
    | 'id'
    | 'user'
    | 'host'
    | 'db'
    | 'command'
    | 'time'
    | 'state'
    | 'text'
    | 'textIsCut'
    | 'statementId'
    | 'transactionId'
    | 'transactionState'
    | 'transactionTime'
    | 'program'
    | EngineColumnName,
    string
  >
>;

/** One way to read the process list. A dialect lists its sources best first; what the account may not read is passed over. */
export interface Source {
  /** The tables that it reads, for a DBA. */
  readonly name: string;
  /** Why it is not the best there is, and what that costs, as a public sentence; `null` for the best. */
  readonly weakness: string | null;
  readonly columns: Columns;
  readonly from: string;
  /** A faster `from` for reading many sessions, with the same aliases; what costs a look-up for each is read at once. */
  readonly listFrom?: string;
  /** Joins that only a listing needs (transactions); the compare before a KILL goes without them. */
  readonly listJoins: string;
  /**
   * It lists all nodes of a cluster, and any of them may answer the next statement: our own session is the one that asks, and its
   * row may stand on another node each time.
   */
  readonly isCluster?: true;
  /** The statement's own identity is among the columns. */
  readonly exactStatements: boolean;
  /** Fields that this source never shows. */
  readonly unknown?: readonly UnknownField[];
}

/** How a dialect reads who waits for whom: one statement at a time, for each may be kept from our account. */
export interface LockReader {
  /** Rows of what must be known, or else nothing is. */
  readonly need: (sql: string) => Promise<readonly Row[]>;
  /** The same, or `null` where the account may not read it or the version lacks it. */
  readonly may: (sql: string) => Promise<readonly Row[] | null>;
}

/** What the tool can use and an account may lack. `probe` fails with a privilege fault where it lacks it. */
export interface Need {
  /** Only access rules with `from-database` use it. */
  readonly forRulesOnly?: true;
  readonly name: string;
  readonly effect: string;
  readonly probe: string;
  /** It is the server that lacks it, not our account: the probe finds no such table, or gives a row that says so. */
  readonly ofServer?: true;
  readonly grant: (account: string) => string;
}

/** Why there is no connection; each needs another fix. They are codes of the catalogue. */
export type ConnectFault = Extract<
  ErrorCode,
  | `target-${'account-locked' | 'password-expired' | 'login-method' | 'database-unknown' | 'shutting-down' | 'offline'}`
  | `target-address-${string}`
  | `target-tls-${string}`
  | `target-certificate-${string}`
  | `target-${'host-unknown' | 'port-closed' | 'silent'}`
>;

/** Why a server refused, told apart as far as we act differently on it. */
export type Fault =
  | 'no-such-session'
  | 'partly-killed'
  | 'login'
  | 'privilege'
  | 'missing'
  | 'full'
  | 'limited'
  | 'timeout'
  | 'unreachable'
  | ConnectFault;

/** See {@link Dialect.aim}: statements of one packet, in this order around the compare and the KILL. */
export interface Aim {
  /** Keeps others who cancel the same statement waiting until our KILL is out, or theirs would meet the next one. */
  readonly before?: string;
  /** After the compare, whose many columns take their time: a last look at the statement's own identity, and what must hold then. */
  readonly last?: { readonly look: string; readonly guard: string };
  readonly after?: string;
}

/** A row that the server read while what it shows was changing. It is read again. */
export interface Unread {
  /** What the row has as its command. */
  readonly command: string;
  /** How often it is read again, with pauses that grow from 0 to 200 ms. */
  readonly tries: number;
  /** The command of a session that looks so still after that; `null` where nothing may be done to it then. */
  readonly lasting: string | null;
}

/** All that differs between engines. Pure: it makes SQL; `open-database.ts` does the I/O. */
export interface Dialect {
  readonly engine: Engine;
  /** Expressions of the server's own identity, best first; older versions lack the better ones. */
  readonly identities: readonly string[];
  /**
   * What our own session sets before anything else, so that nothing a server or its `init_connect` sets changes what we
   * read. Each is one statement; one that this version does not know is passed over.
   */
  readonly settings: (statementSeconds: number) => readonly string[];
  readonly sources: (version: string, identity: string) => readonly Source[];
  /** How a row looks that the server did not read in full; `null` where that does not happen. */
  readonly unread: Unread | null;
  /**
   * SELECTs of sessions that have left the process list while the server still undoes their work, best first: `id`, `user`,
   * `host`, `db`, the last three NULL where they are not known. Of those IDs that left it, or of all; empty where an engine
   * lists a session to its end.
   */
  readonly lingering: readonly ((ids: readonly string[] | undefined) => string)[];
  /** The KILL itself. `guard` is an SQL condition that holds only if the victim compared equal a moment ago. */
  readonly kill: (
    victim: { readonly id: SessionId; readonly statementId: string | null },
    kind: KillKind,
    guard: string,
  ) => string;
  /**
   * What surrounds the KILLs of statements in one packet, so that another statement has as little time as can be to take the
   * place of one.
   */
  readonly aim?: (victims: readonly { readonly id: SessionId; readonly statementId: string | null }[]) => Aim;
  /** The dialect that sends plain KILLs of a kind, where our account may not execute the vendor's procedure for it; `undefined` where there is none. */
  readonly withoutProcedure?: (kind: KillKind) => Dialect | undefined;
  /** True where KILL names one execution of one statement, so that many may share a compare that is some milliseconds old. */
  readonly killsStatementsExactly: boolean;
  /** The server's record of a session's statements from `statementId` on: `statementId` and, each 0 or 1, `running`, `cut`, `afterKill` (it ended after our KILL had begun; NULL where the server has no clock to compare); oldest first. May be a multi-statement whose last part is that list. */
  readonly record: ((id: SessionId, statementId: string) => string) | null;
  /** Error numbers that mean something on this engine only. */
  readonly faults: Readonly<Record<number, Fault>>;
  /** Rows `grantee`, `privilege`; and of roles `role`, `member`; each an account as `'user'@'host'`. */
  readonly privileges: {
    readonly held: string;
    readonly roles: string;
    /** A row `roles`: those that every account has, as a list of accounts in SQL's own words. */
    readonly everybody: string;
    /** Rows `account`: those that no one can log in as, since they are locked or roles. */
    readonly barred: string;
  };
  /**
   * SELECTs of a row `most`, best first: how many connections the server allows; NULL where it does not tell. On a cluster,
   * where each node has its own slots, `used` as well: both of the node that is nearest to its limit.
   */
  readonly maxConnections: readonly string[];
  /** Every session that waits for a lock of any kind, and who holds it as far as the server tells. No session waits where it is empty. */
  readonly lockWaits: (reader: LockReader) => Promise<readonly LockWait[]>;
  /** The privileges that reading them takes, as a sentence's object. */
  readonly lockNeed: string;
  /** The privileges that allow ending any session. */
  readonly superPrivileges: readonly string[];
  /** Read-only questions whose answers show how a server of this engine is built: for a report of a bug. No names of users, no statements. */
  readonly survey?: Readonly<Record<string, string>>;
  readonly needs: readonly Need[];
  /** For what an account may not be shown, the privileges that show it: PROCESS, and names of `needs`. */
  readonly shownBy: Readonly<Partial<Record<UnknownName | 'locks' | 'connections', readonly string[]>>>;
}

/** Text as a hexadecimal literal: safe in every sql_mode, with every quote and backslash, and compared byte for byte. */
export const hexLiteral = (text: string): string => `x'${Buffer.from(text, 'utf8').toString('hex')}'`;

/** A condition that holds when an expression is this very text, byte for byte, or NULL where the text is `null`. */
export const isExactly = (expression: string, text: string | null): string =>
  text === null ? `${expression} IS NULL` : `CAST(${expression} AS BINARY) = ${hexLiteral(text)}`;

/** A statement's text as 64 hexadecimal digits, computed in the server. MySQL 9.6 moved MD5 into a component that may be absent. */
export const digestOf = (expression: string): string => `SHA2(${expression}, 256)`;

import { AppError } from '../errors.ts';
import type { LockWait } from '../sessions/lock-wait.ts';
import { type Detail, isSessionId, type KillKind, type Session, type SessionId } from '../sessions/session.ts';
import { step } from '../telemetry/call.ts';
import { count, measureSessions } from '../telemetry/samples.ts';
import { sendKills } from './compare-and-kill.ts';
import type { Connection } from './connection.ts';
import type {
  KillingDatabase,
  KillReply,
  MissingGrant,
  More,
  Row,
  Server,
  StatementRecord,
  Victim,
} from './database.ts';
import type { Dialect, Source } from './dialect.ts';
import { isLacking, toAppError } from './faults.ts';
import { findMissingGrants, type Held, ownPrivileges, readPrivileges } from './grants.ts';
import { readInFull, selectSessions, toSessions } from './read-sessions.ts';

/** A session that is in no process list any more, while the server undoes what it did. */
const LINGERING: Row = { command: 'Killed', time: null, state: 'rolling back', transactionState: 'ROLLING BACK' };
const LINGERING_UNKNOWN = [
  { field: 'transactionTime', why: 'The server does not show when it began to roll back.' },
] as const;

const ELSEWHERE = 'Another server answered than the one that was asked first.';
const NOT_SHOWN = 'No process list of this server shows our own session, so none is known to show all.';

const errnoOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'errno' in error ? error.errno : null;

/** A {@link KillingDatabase} over one open connection: sends what the dialect says and names what the server answers. */
export class ConnectedDatabase implements KillingDatabase {
  readonly server: Server;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #sources: Source[];
  readonly #comment: string;
  #keepsRecord: boolean;
  #lingering: Dialect['lingering'];
  /** Who listed our own connection at the first look. */
  #listedBy: string | undefined;
  /** The ID under which a cluster saw us ask last: another observer knows us by another. */
  #me: SessionId | undefined;
  /** Why a better source was given up. */
  #distrusted: string | undefined;

  constructor(connection: Connection, dialect: Dialect, sources: readonly Source[], server: Server, comment: string) {
    this.#comment = comment;
    this.#connection = connection;
    this.#dialect = dialect;
    this.#sources = [...sources];
    this.#keepsRecord = dialect.record !== null;
    this.#lingering = dialect.lingering;
    this.server = server;
  }

  get exactStatements(): boolean {
    return this.#sources[0]?.exactStatements ?? false;
  }

  get killsStatementsExactly(): boolean {
    return this.#dialect.killsStatementsExactly && this.exactStatements;
  }

  get keepsRecord(): boolean {
    return this.#keepsRecord;
  }

  get source(): { readonly name: string; readonly weakness: string | null } {
    const { name, weakness } = this.#source();
    return { name, weakness: [this.#distrusted, weakness].filter(Boolean).join(' ') || null };
  }

  get seesLingering(): boolean {
    return this.#dialect.lingering.length === 0 || this.#lingering.length > 0;
  }

  async list(
    ids?: readonly SessionId[],
    { resources = false, wholeStatements = false }: More = {},
  ): Promise<readonly Session[]> {
    const detail = resources ? 'resources' : 'transactions';
    const sessions = await step('list', () => this.#read(ids, detail, wholeStatements), this.server.engine);
    if (ids === undefined) {
      measureSessions(sessions, this.server.ownId);
      count('Canaries', { found: this.#distrusted === undefined ? 'at-once' : 'elsewhere' });
    }
    return sessions;
  }

  async find(ids: readonly SessionId[]): Promise<readonly Session[]> {
    return this.#read(ids, 'row');
  }

  compareAndKill(victims: readonly Victim[], kind: KillKind): Promise<readonly KillReply[]> {
    const [connection, dialect, source, comment] = [this.#connection, this.#dialect, this.#source(), this.#comment];
    return step('kill', () => sendKills({ connection, dialect, source, comment }, victims, kind), dialect.engine);
  }

  async statementRecord(victim: Session): Promise<StatementRecord> {
    const statementId = victim.statement?.id;
    if (!this.#keepsRecord || this.#dialect.record === null || !statementId) return 'unknown';
    try {
      return judgeRecord(await this.#rows(this.#dialect.record(victim.id, statementId)), statementId);
    } catch (error) {
      if (!isLacking(error, this.#dialect)) throw error;
      this.#keepsRecord = false;
      return 'unknown';
    }
  }

  async lockWaits(): Promise<readonly LockWait[] | null> {
    const dialect = this.#dialect;
    try {
      return distinctWaits(await dialect.lockWaits({ need: (sql) => this.#rows(sql), may: (sql) => this.#may(sql) }));
    } catch (error) {
      // A version without such a view tells no one; an account that may not read it can be granted more.
      if (!(error instanceof AppError) || !isLacking(error, dialect)) throw error;
      if (error.code !== 'target-privilege-missing') return null;
      throw new AppError(error.code, { cause: error.cause, detail: `It needs ${dialect.lockNeed}.` });
    }
  }

  async connections(): Promise<{ readonly most: number; readonly used: number | null } | null> {
    for (const sql of this.#dialect.maxConnections) {
      const [row] = (await this.#may(sql)) ?? [];
      const most = Number(row?.['most'] ?? Number.NaN);
      const used = Number(row?.['used'] ?? Number.NaN);
      if (Number.isFinite(most) && most > 0) return { most, used: Number.isFinite(used) ? used : null };
    }
    return null;
  }

  privilegesOf(users: readonly string[]): Promise<Held> {
    return readPrivileges((sql) => this.#rows(sql), this.#dialect, users, this.server.account);
  }

  findMissingGrants(): Promise<readonly MissingGrant[]> {
    return findMissingGrants((sql) => this.#rows(sql), this.#dialect, this.server.account);
  }

  async survey(): Promise<Readonly<Record<string, readonly Row[] | { readonly error: unknown }>>> {
    const told: Record<string, readonly Row[] | { readonly error: unknown }> = {};
    for (const [name, sql] of Object.entries(this.#dialect.survey ?? {})) {
      const { sets, error } = await this.#connection.query(this.#comment + sql);
      // A number only: messages quote names.
      told[name] = error === undefined ? (sets.at(-1) ?? []) : { error: errnoOf(error) };
    }
    return told;
  }

  get superPrivilege(): string {
    return this.#dialect.superPrivileges.at(-1) ?? 'SUPER';
  }

  async ownPrivileges(): Promise<Held> {
    return ownPrivileges(await this.#rows('SHOW GRANTS'), this.#dialect.superPrivileges);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /**
   * Reads from the best source that the account may read and that shows our own session: one that leaves us out leaves
   * others out too. Those that fail are forgotten.
   */
  async #read(ids: readonly SessionId[] | undefined, detail: Detail, isWhole = false): Promise<readonly Session[]> {
    if (ids?.length === 0) return [];
    const { ownId } = this.server;
    const wanted = ids === undefined ? undefined : new Set(ids);
    const select = (some: readonly SessionId[] | undefined) =>
      this.#select(some && [...new Set([...some, ownId])], detail, isWhole);
    for (;;) {
      try {
        const rows = await readInFull(select, ids, this.#dialect.unread);
        const me = this.#me ?? ownId;
        const own = rows.find(({ id }) => id === me);
        // We run this very statement: a source of statements that does not show it leaves others out as well.
        const shows = own?.readInPart || !this.exactStatements || (own?.statement?.id ?? null) !== null;
        if (own !== undefined && shows) {
          if (!this.#source().isCluster) this.#expectSameServer(own.server);
          return wanted === undefined ? rows : rows.filter(({ id }) => wanted.has(id));
        }
        // What is not in a list that leaves ourselves out may live all the same: behind a proxy another server may answer.
        if (own === undefined && this.#listedBy !== undefined)
          throw new AppError('target-failed', { detail: ELSEWHERE });
        if (this.#sources.length === 1) {
          count('Canaries', { found: 'nowhere' });
          throw new AppError('target-failed', { detail: NOT_SHOWN });
        }
        this.#distrusted = `${this.#source().name} does not show our own ${own === undefined ? 'session' : 'statement'}, so it may leave out others.`;
      } catch (error) {
        if (!isLacking(error, this.#dialect) || this.#sources.length === 1) throw error;
      }
      this.#sources.shift();
    }
  }

  #expectSameServer(server: string): void {
    this.#listedBy ??= server;
    if (server !== this.#listedBy) throw new AppError('target-failed', { detail: ELSEWHERE });
  }

  /** One round trip: the process list, and what has left it without being gone. */
  async #select(ids: readonly SessionId[] | undefined, detail: Detail, isWhole: boolean): Promise<readonly Session[]> {
    const source = this.#source();
    const select = selectSessions(source, ids, detail, isWhole);
    const [lingering] = this.#lingering;
    const { sets, error } = await this.#connection.query(
      [select, ...(lingering === undefined ? [] : [lingering(ids)])].map((sql) => this.#comment + sql).join('; '),
    );
    const [rows, left = []] = sets;
    if (error !== undefined) {
      if (lingering === undefined || rows === undefined || !isLacking(error, this.#dialect))
        throw toAppError(error, this.#dialect);
      // A privilege may be found lacking once a SELECT has begun (innodb_trx), so either of the two may have failed.
      const tried = this.#lingering;
      this.#lingering = tried.slice(1);
      return await this.#select(ids, detail, isWhole).catch((failed: unknown) => {
        this.#lingering = tried;
        throw failed;
      });
    }
    const me = rows?.[0]?.['asker'];
    if (source.isCluster && typeof me === 'string' && isSessionId(me)) this.#me = me;
    const ownId = this.#me ?? this.server.ownId;
    const sessions = toSessions(rows ?? [], ownId, source.unknown);
    const listed = new Set(sessions.map(({ id }) => id));
    const server = sessions.find(({ id }) => id === ownId)?.server ?? '';
    const gone = toSessions(
      left.map((row) => ({ ...LINGERING, ...row, server })),
      ownId,
      LINGERING_UNKNOWN,
    ).map((session): Session => ({ ...session, lingering: true }));
    return [...sessions, ...gone.filter(({ id }) => !listed.has(id))];
  }

  #source(): Source {
    const [best] = this.#sources;
    if (best === undefined) throw new AppError('target-failed');
    return best;
  }

  /** Sends SQL and gives the rows of its last statement. @throws AppError the `target-…` family */
  async #rows(sql: string): Promise<readonly Row[]> {
    const { sets, error } = await this.#connection.query(this.#comment + sql);
    if (error !== undefined) throw toAppError(error, this.#dialect);
    return sets.at(-1) ?? [];
  }

  /** The same, or `null` where our account may not read it or the version lacks it. */
  #may(sql: string): Promise<readonly Row[] | null> {
    return this.#rows(sql).catch((error: unknown) => {
      if (isLacking(error, this.#dialect)) return null;
      throw error;
    });
  }
}

const keyOf = ({ waiter, blocker, reason, xa }: LockWait): string =>
  JSON.stringify(blocker === null ? [waiter, null, reason, xa] : [waiter, blocker]);

const isLonger = (one: LockWait, other: LockWait): boolean => (one.seconds ?? -1) > (other.seconds ?? -1);

/** Each pair of waiter and blocker once, with the longest wait; what is certain of a pair goes before what is likely. */
export function distinctWaits(waits: readonly LockWait[]): readonly LockWait[] {
  const pairs = new Map<string, LockWait>();
  for (const wait of waits) {
    if (wait.waiter === wait.blocker) continue;
    const known = pairs.get(keyOf(wait));
    if (known === undefined || (wait.likely === known.likely ? isLonger(wait, known) : known.likely))
      pairs.set(keyOf(wait), wait);
  }
  return [...pairs.values()];
}

/**
 * What a server's record says of a statement that was to be cut.
 *
 * @param rows - the session's statements from this one on, oldest first: `statementId`, `running`, `cut`, `afterKill`
 * @returns `unknown` while nothing is decided: it still runs, its entry is no longer kept, or it ended by itself and the
 * statement that came next, which then may have taken the cut, still runs
 */
export function judgeRecord(rows: readonly Row[], statementId: string): StatementRecord {
  const is = (row: Row, flag: string): boolean => Number(row[flag]) === 1;
  // An entry that has ended outweighs the same statement seen running a moment before.
  const entries = new Map<string, Row>();
  for (const row of rows) entries.set(String(row['statementId']), row);
  const own = entries.get(statementId);
  if (own === undefined || is(own, 'running')) return 'unknown';
  if (is(own, 'cut')) return 'cut';
  entries.delete(statementId);
  const later = [...entries.values()];
  // Where ours came while this one still ran, it may have been taken here, and the later one cut by another caller.
  if (later.some((row) => is(row, 'cut')))
    return own['afterKill'] === null || is(own, 'afterKill') ? 'cut-later' : 'cut-another';
  if (later.length === 1 && later.some((row) => is(row, 'running'))) return 'unknown';
  if (own['afterKill'] === null) return 'ended';
  return is(own, 'afterKill') ? 'ended-after' : 'ended-itself';
}

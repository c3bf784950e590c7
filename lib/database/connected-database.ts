import { AppError } from '../errors.ts';
import type { LockWait } from '../sessions/lock-wait.ts';
import type { KillKind, Session, SessionId } from '../sessions/session.ts';
import { step } from '../telemetry/call.ts';
import { measureSessions } from '../telemetry/measure-sessions.ts';
import type { Connection, Row } from './connection.ts';
import type { Database, KillReply, MissingGrant, Server, StatementRecord, Victim } from './database.ts';
import type { Dialect, Source } from './dialect.ts';
import { faultOf, isLacking, toAppError } from './faults.ts';
import { findMissingGrants, readPrivileges } from './find-grants.ts';
import { type Held, ownPrivileges } from './grants.ts';
import { lastRows } from './last-rows.ts';
import { readInFull } from './read-in-full.ts';
import { toLockWaits } from './read-lock-waits.ts';
import { type Detail, selectSessions, toSessions } from './read-sessions.ts';
import { sendKills } from './send-kills.ts';
import { judgeRecord } from './statement-record.ts';

const ELSEWHERE = 'Another server answered than the one that was asked first.';

/** A {@link Database} over one open connection: sends what the dialect says and names what the server answers. */
export class ConnectedDatabase implements Database {
  readonly server: Server;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #sources: Source[];
  readonly #comment: string;
  #keepsRecord: boolean;
  /** Who listed our own connection at the first look; `null` where that was not in the list. */
  #listedBy: string | null | undefined;

  constructor(connection: Connection, dialect: Dialect, sources: readonly Source[], server: Server, comment: string) {
    this.#comment = comment;
    this.#connection = connection;
    this.#dialect = dialect;
    this.#sources = [...sources];
    this.#keepsRecord = dialect.record !== null;
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

  async list(ids?: readonly SessionId[], resources = false): Promise<readonly Session[]> {
    const sessions = await step('list', () => this.#read(ids, resources ? 'resources' : 'transactions'));
    if (ids === undefined) measureSessions(sessions, this.server.ownId);
    return sessions;
  }

  async find(ids: readonly SessionId[]): Promise<readonly Session[]> {
    const { ownId } = this.server;
    const rows = await this.#read([...new Set([...ids, ownId])], 'row');
    const unread = rows.find(({ readInPart }) => readInPart);
    if (unread) throw new AppError('target-timeout', { detail: `It did not show session ${unread.id} in full.` });
    const own = rows.find(({ id }) => id === ownId)?.server ?? null;
    if (this.#listedBy === undefined) this.#listedBy = own;
    // What is not in a list that leaves ourselves out may live all the same: behind a proxy another server may answer.
    else if (this.#listedBy !== null && own !== this.#listedBy)
      throw new AppError('target-failed', { detail: ELSEWHERE });
    return ids.includes(ownId) ? rows : rows.filter(({ id }) => id !== ownId);
  }

  compareAndKill(victims: readonly Victim[], kind: KillKind): Promise<readonly KillReply[]> {
    const [connection, dialect, source, comment] = [this.#connection, this.#dialect, this.#source(), this.#comment];
    return step('kill', () => sendKills({ connection, dialect, source, comment }, victims, kind));
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
    const { sets, error } = await this.#connection.query(this.#dialect.lockWaits);
    if (error === undefined) return toLockWaits(sets.at(-1) ?? []);
    const fault = faultOf(error, this.#dialect);
    // A version without such a view tells nobody; an account that may not read it can be helped.
    if (fault === 'missing') return null;
    throw fault === 'privilege'
      ? new AppError('target-privilege-missing', { cause: error, detail: `It needs ${this.#dialect.lockNeed}.` })
      : toAppError(error, this.#dialect);
  }

  async maxConnections(): Promise<number | null> {
    const [row] = await this.#rows('SELECT @@max_connections AS most');
    const most = Number(row?.['most']);
    return Number.isFinite(most) && most > 0 ? most : null;
  }

  privilegesOf(users: readonly string[]): Promise<Held> {
    return readPrivileges((sql) => this.#rows(sql), this.#dialect, users);
  }

  findMissingGrants(): Promise<readonly MissingGrant[]> {
    return findMissingGrants((sql) => this.#rows(sql), this.#dialect, this.server.account);
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

  /** Reads from the best source that the account may read, and forgets those that it may not. */
  async #read(ids: readonly SessionId[] | undefined, detail: Detail): Promise<readonly Session[]> {
    if (ids?.length === 0) return [];
    for (;;) {
      try {
        const source = this.#source();
        const read = async (wanted: typeof ids) =>
          toSessions(await this.#rows(selectSessions(source, wanted, detail)), source.unknown);
        return await readInFull(read, ids, this.#dialect.unread);
      } catch (error) {
        if (!isLacking(error, this.#dialect) || this.#sources.length === 1) throw error;
        this.#sources.shift();
      }
    }
  }

  #source(): Source {
    const [best] = this.#sources;
    if (best === undefined) throw new AppError('target-failed');
    return best;
  }

  #rows(sql: string): Promise<readonly Row[]> {
    return lastRows(this.#connection, this.#dialect, sql);
  }
}

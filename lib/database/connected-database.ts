import { AppError } from '../errors.ts';
import type { LockWait } from '../sessions/lock-wait.ts';
import type { KillKind, Session, SessionId } from '../sessions/session.ts';
import { compareAndKillSql, MATCHED } from './compare-and-kill.ts';
import type { Connection, Row } from './connection.ts';
import type { Database, KillReply, MissingGrant, Server, StatementRecord, Victim } from './database.ts';
import type { Dialect, Source } from './dialect.ts';
import { faultOf, isLacking, toAppError } from './faults.ts';
import { type Held, ownPrivileges, privilegesOf } from './grants.ts';
import { toLockWaits } from './read-lock-waits.ts';
import { type Detail, selectSessions, toSession } from './read-sessions.ts';
import { judgeRecord } from './statement-record.ts';

/** A {@link Database} over one open connection: sends what the dialect says and names what the server answers. */
export class ConnectedDatabase implements Database {
  readonly server: Server;
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #sources: Source[];
  readonly #comment: string;
  #keepsRecord: boolean;

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

  list(ids?: readonly SessionId[], resources = false): Promise<readonly Session[]> {
    return this.#read(ids, resources ? 'resources' : 'transactions');
  }

  find(ids: readonly SessionId[]): Promise<readonly Session[]> {
    return this.#read(ids, 'row');
  }

  async compareAndKill(victims: readonly Victim[], kind: KillKind): Promise<readonly KillReply[]> {
    const replies: KillReply[] = [];
    // A KILL that finds nobody ends the rest of its packet, so what is left goes out again, compared anew.
    while (replies.length < victims.length) {
      const rest = victims.slice(replies.length);
      const { sets, error } = await this.#connection.query(
        compareAndKillSql(this.#dialect, this.#source(), rest, kind, this.#comment),
      );
      const sent = Math.max(0, sets.length - 1);
      if (error === undefined) return [...replies, ...rest.map((): KillReply => 'sent')];
      const fault = faultOf(error, this.#dialect);
      const failed = rest[sent];
      if (sets.length === 0 || failed === undefined) throw this.#named(error);
      if (fault !== 'no-such-session' && fault !== 'privilege') throw this.#named(error);
      replies.push(...rest.slice(0, sent).map((): KillReply => 'sent'));
      replies.push(fault === 'privilege' ? 'denied' : await this.#whyNot(failed));
    }
    return replies;
  }

  /** Why a KILL found nobody: it had not compared equal, or it ended between compare and KILL. */
  async #whyNot(victim: Victim): Promise<KillReply> {
    const [row] = await this.#rows(`SELECT FIND_IN_SET('${victim.session.id}', ${MATCHED}) AS matched`);
    return Number(row?.['matched'] ?? 0) > 0 ? 'gone' : 'no-match';
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
      : this.#named(error);
  }

  async maxConnections(): Promise<number | null> {
    const [row] = await this.#rows('SELECT @@max_connections AS most');
    const most = Number(row?.['most']);
    return Number.isFinite(most) && most > 0 ? most : null;
  }

  async privilegesOf(users: readonly string[]): Promise<Held> {
    const { held, roles } = this.#dialect.privileges;
    const read = (sql: string): Promise<readonly Row[]> =>
      this.#rows(sql).catch((error) => {
        if (isLacking(error, this.#dialect)) return [];
        throw error;
      });
    return privilegesOf(users, await read(held), await read(roles), this.#dialect.superPrivileges);
  }

  async findMissingGrants(): Promise<readonly MissingGrant[]> {
    const missing: MissingGrant[] = [];
    for (const need of this.#dialect.needs) {
      try {
        await this.#rows(need.probe);
      } catch (error) {
        if (!isLacking(error, this.#dialect)) throw error;
        // A view that this version does not have is mended by no grant.
        if (error instanceof AppError && error.code === 'target-privilege-missing')
          missing.push({ name: need.name, effect: need.effect, grant: need.grant(this.server.account) });
      }
    }
    return missing;
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
        const rows = await this.#rows(selectSessions(this.#source(), ids, detail));
        return rows.map(toSession).filter((session) => session !== undefined);
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

  async #rows(sql: string): Promise<readonly Row[]> {
    const { sets, error } = await this.#connection.query(sql);
    if (error !== undefined) throw this.#named(error);
    return sets.at(-1) ?? [];
  }

  #named(error: unknown): AppError {
    return toAppError(error, this.#dialect);
  }
}

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { parseConfig, type WardenConfig } from '../../lib/config/config.ts';
import type { Principal } from '../../lib/privileges/principal.ts';
import { createServices, type Services } from '../../lib/services.ts';
import { killSession } from '../../lib/sessions/kill/kill.ts';
import type { KillResult } from '../../lib/sessions/kill/outcome.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import type { SessionQuery } from '../../lib/sessions/match-query.ts';
import { type KillKind, sessionId } from '../../lib/sessions/session.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { memoryAuditStore } from '../support/memory-audit-store.ts';
import { operatorConfig } from '../support/operator-config.ts';

export const OPERATOR: Principal = { source: 'jwt', subject: 'ops', groups: ['operator'], claims: {} };
export const aPrincipal = (sub: string, groups: readonly string[] = []): Principal => ({
  source: 'jwt',
  subject: sub,
  groups,
  claims: { sub },
});

/**
 * Where a test does not say otherwise, it is not about limits of time: what takes a busy machine long is no failure. In seconds.
 */
const PATIENT = { connect: 30, statement: 60, overall: 100 };
const USUAL = parseConfig('access: []', 'test').timeouts;

/** Services for one server, with an audit store whose records a test may read; where there is no server, for none. */
export function servicesFor(url: string, config: WardenConfig | string = operatorConfig) {
  const audit = memoryAuditStore();
  const parsed = typeof config === 'string' ? parseConfig(config, 'test') : config;
  const isUsual = isDeepStrictEqual(parsed.timeouts, USUAL);
  const patient = isUsual ? { ...parsed, timeouts: PATIENT } : parsed;
  return {
    ...createServices(patient, createUrlDirectory(new Map([['local', url || 'mysql://nobody@127.0.0.1:1']])), audit),
    audit,
  };
}

const NO_LIBRARY = 1126;

/** By which MariaDB tells who holds locks of the server. */
export const LOCK_PLUGIN = "SONAME 'metadata_lock_info'";

/** Runs what health says that an account lacks. @returns false for a plugin that this package of the server does not have */
export async function granted(root: Client, grant: string): Promise<boolean> {
  const error = await root.run(grant);
  if (error !== 0 && error !== NO_LIBRARY) throw new Error(`${grant}: ${error}`);
  return error !== NO_LIBRARY;
}

/** Another user's URL on the same server. */
export function urlAs(url: string, user: string, password: string): string {
  const other = new URL(url);
  other.username = user;
  other.password = password;
  return other.href;
}

/** A client of the server under test, with its own ID and a promise for what becomes of what it runs. */
export class Client {
  readonly connection: Connection;
  readonly id: string;
  /** The error that ended the connection, once there is one. */
  readonly ended: Promise<unknown>;

  private constructor(connection: Connection, id: string) {
    this.connection = connection;
    this.id = id;
    this.ended = once(connection as unknown as NodeJS.EventEmitter, 'error').then(([error]) => error);
  }

  static async open(url: string): Promise<Client> {
    const connection = await createConnection(url);
    // A test's own client is as usual, however the server is set up.
    await connection.query('SET SESSION sql_select_limit = 9223372036854775807, SESSION autocommit = 1');
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT CAST(CONNECTION_ID() AS CHAR) AS id, VERSION() AS version',
    );
    // OceanBase ends by itself a statement that has run for ten seconds.
    if (/oceanbase/i.test(String(rows[0]?.['version'])))
      await connection.query('SET SESSION ob_query_timeout = 3600000000');
    return new Client(connection, String(rows[0]?.['id']));
  }

  /** Runs a statement and resolves to its error number, or 0 where it succeeds. */
  run(sql: string): Promise<number> {
    return this.connection.query(sql).then(
      () => 0,
      (error: { errno?: number; code?: string }) => error.errno ?? -1,
    );
  }

  async isAlive(): Promise<boolean> {
    return (await this.run('SELECT 1')) === 0;
  }

  close(): void {
    this.connection.destroy();
  }
}

/**
 * Ends the sessions that the server lists where this holds, until it lists none. A busy machine shows a session for a while
 * after its client has left, and the next test would take it for its own.
 * @param by a client, or the URL, of an account that sees and ends all sessions
 * @throws Error for those that stay for a minute
 */
export async function endListed(by: Client | string, where: string): Promise<void> {
  const root = typeof by === 'string' ? await Client.open(by) : by;
  const deadline = performance.now() + 60_000;
  try {
    for (;;) {
      const [rows] = await root.connection.query<RowDataPacket[]>(
        `SELECT CAST(ID AS CHAR) AS id FROM information_schema.PROCESSLIST WHERE ${where}`,
      );
      if (rows.length === 0) return;
      if (performance.now() > deadline) throw new Error(`still listed: ${rows.map(({ id }) => id).join(', ')}`);
      // One that waits for a lock, or sleeps in a statement, does not see that its client has left.
      for (const { id } of rows) await root.run(`KILL ${id}`);
      await sleep(20);
    }
  } finally {
    if (root !== by) root.close();
  }
}

/** Closes clients, and waits until the server lists none of them: {@link endListed}. */
export async function leave(by: Client | string, clients: Client[]): Promise<void> {
  const ids = clients.splice(0).map((client) => {
    client.close();
    return client.id;
  });
  if (ids.length > 0) await endListed(by, `ID IN (${ids.join(', ')})`);
}

const QUERY: SessionQuery = { sort: 'id', limit: 1000, full: false };

/** All sessions that match, as the operator or another sees them. */
export async function list(
  services: Services,
  query: Partial<SessionQuery> = {},
  principal = OPERATOR,
): Promise<readonly SessionView[]> {
  return (await listSessions(services, { principal, target: 'local', query: { ...QUERY, ...query } })).sessions;
}

/** Lists until the session shows what the test waits for. */
export async function seen(
  services: Services,
  id: string,
  is: (view: SessionView) => boolean = () => true,
): Promise<SessionView> {
  for (let round = 0; round < 400; round++) {
    const view = (await list(services)).find((session) => session.id === id);
    if (view !== undefined && is(view)) return view;
    // InnoDB gives innodb_trx from a cache that it refreshes only once nobody has read it for 0.1 s (trx0i_s.cc).
    await sleep(150);
  }
  throw new Error(`session ${id} never looked as the test needs it`);
}

export const isRunning = (view: SessionView): boolean => view.statement !== null;

/** Asks for one kill as the operator or another. */
export function kill(
  services: Services,
  id: string,
  kind: KillKind,
  more: { tag?: string; principal?: Principal; escalateAfter?: number } = {},
): Promise<KillResult> {
  return killSession(services, {
    principal: more.principal ?? OPERATOR,
    target: 'local',
    id: sessionId(id),
    kind,
    tag: more.tag ?? null,
    reason: 'test',
    correlationId: 'test',
    escalateAfter: more.escalateAfter ?? null,
  });
}

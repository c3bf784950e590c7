import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { sessionId } from '../sessions/session.ts';
import type { Credentials, Encryption, Target, TargetDirectory } from '../targets/credentials.ts';
import { log } from '../telemetry/log.ts';
import { ConnectedDatabase } from './connected-database.ts';
import { type Connection, connect, type Limits } from './connection.ts';
import { correlationComment } from './correlation.ts';
import type { KillingDatabase, Row, Server } from './database.ts';
import type { Dialect } from './dialect.ts';
import { dialectOf } from './dialects/index.ts';
import { MANAGED_PROCEDURES, managed } from './dialects/managed.ts';
import { faultOf, isLacking, toAppError } from './faults.ts';

/** Runs statements that must all succeed, and gives their rows. @throws the driver's error. */
async function run(connection: Connection, sql: string): Promise<readonly (readonly Row[])[]> {
  const { sets, error } = await connection.query(sql);
  if (error !== undefined) throw error;
  return sets;
}

// First of all the server is told how long to wait for us: where the link dies we cannot say goodbye, and by itself it
// would wait for hours. Every engine knows these variables, and none has a limit of rows above 2^63 - 1.
const whoSql = (idleSeconds: number): string =>
  `SET SESSION wait_timeout = ${Math.ceil(idleSeconds)}, SESSION autocommit = 1, SESSION sql_select_limit = 9223372036854775807; SELECT VERSION() AS version, @@version_comment AS comment, CONNECTION_ID() AS ownId, CURRENT_USER() AS account`;

/** `user@host` as `CURRENT_USER()` gives it → `'user'@'host'`, with quotes doubled. */
function quotedAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const quote = (part: string): string => `'${part.replaceAll("'", "''")}'`;
  return `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}

/** Sets what is left to set for our session. @throws the driver's error, but for what this server does not know or let us set */
async function applySettings(connection: Connection, dialect: Dialect, all: readonly string[]): Promise<void> {
  let settings = all;
  while (settings.length > 0) {
    const { sets, error } = await connection.query(settings.join('; '));
    if (error === undefined) return;
    const fault = faultOf(error, dialect);
    if (fault !== undefined && fault !== 'missing' && fault !== 'privilege') throw error;
    settings = settings.slice(sets.length + 1);
  }
}

/**
 * Sets what the dialect wants for our session, and asks for the server's identity by the best expression that this version
 * knows, and for the vendor's procedures: in one round trip on a server that knows it all, step by step on any other.
 */
async function introduce(
  connection: Connection,
  dialect: Dialect,
  seconds: number,
): Promise<{ expression: string; identity: string; procedures: string[] }> {
  const names = MANAGED_PROCEDURES.map((name) => `'${name}'`).join(', ');
  const procedures = `SELECT ROUTINE_NAME AS name FROM information_schema.routines WHERE ROUTINE_SCHEMA = 'mysql' AND ROUTINE_NAME IN (${names})`;
  let settings = dialect.settings(seconds);
  for (const expression of [...dialect.identities.slice(0, 1), ...dialect.identities]) {
    const questions = [`SELECT ${expression} AS identity`, procedures];
    const { sets, error } = await connection.query([...settings, ...questions].join('; '));
    if (error === undefined) {
      return {
        expression,
        identity: String(sets.at(-2)?.[0]?.['identity']),
        procedures: (sets.at(-1) ?? []).map((row) => String(row['name'])),
      };
    }
    if (settings.length > 0) await applySettings(connection, dialect, settings.slice(sets.length));
    else if (!isLacking(error, dialect)) throw error;
    settings = [];
  }
  throw new AppError('target-failed', {
    detail: 'The server does not tell who it is, so no session on it can be told from another.',
  });
}

/**
 * Opens the one connection of a call: logs in (with each of the target's credentials in turn while the server refuses
 * them), finds the dialect by what the server says it is, and learns the server's own identity.
 *
 * @param correlationId goes in a comment before every statement that ends something.
 * @throws AppError `internal` for an ID that cannot stand there, the `target-…` family, and whatever finding the credentials throws.
 */
export async function openDatabase(
  targets: TargetDirectory,
  target: Target,
  limits: Limits,
  correlationId: string | null = null,
): Promise<KillingDatabase> {
  const comment = correlationComment(correlationId);
  let connection: Connection | undefined;
  let dialect: Dialect | undefined;
  try {
    connection = await logIn(targets, target, limits);
    const who = (await run(connection, whoSql(limits.overall + 1))).at(-1)?.[0] ?? {};
    const version = `${String(who['version'])} ${String(who['comment'])}`;
    dialect = dialectOf(version);
    const { expression, identity, procedures } = await introduce(connection, dialect, limits.statement);
    if (procedures.length > 0) dialect = managed(dialect, procedures);
    const server: Server = {
      engine: dialect.engine,
      version: String(who['version']),
      identity,
      ownId: sessionId(String(who['ownId'])),
      account: quotedAccount(String(who['account'])),
      managed: procedures.length > 0,
      encryption: connection.encryption,
    };
    return new ConnectedDatabase(connection, dialect, dialect.sources(version, expression), server, comment);
  } catch (error) {
    await connection?.close();
    throw toAppError(error, dialect, { inSecretsManager: targets.inSecretsManager });
  }
}

/** Shorter than a second, so that a slot is taken within one of its becoming free; each try costs a full server a login. */
const LONGEST_PAUSE_MS = 900;
const FIRST_PAUSE_MS = 25;

const warned = new Set<string>();

/** Says once for each target of this process that its server is not compared with anything. */
async function warnOnce(target: string, { mode, weakness }: Encryption): Promise<void> {
  if (mode !== 'unverified' || warned.has(target)) return;
  warned.add(target);
  await log('warn', 'target not verified', { target, weakness });
}

/** An account that has to come with TLS is refused like a wrong password: the server does not say more. */
const PLAIN = 'The connection had no TLS (tls is off): an account or a server that requires it gives this answer too.';

/**
 * Logs in with each of the target's credentials in turn while the server refuses user and password. No other refusal is
 * one of these: the next credentials would meet it too.
 *
 * @throws the driver's error, AppError `target-denied`
 */
async function logIn(targets: TargetDirectory, target: Target, limits: Limits): Promise<Connection> {
  const { inSecretsManager } = targets;
  let refused: AppError | undefined;
  for await (const credentials of targets.candidates(target)) {
    try {
      const connection = await connectUntilAdmitted(credentials, limits);
      await warnOnce(target.name, connection.encryption);
      return connection;
    } catch (error) {
      if (faultOf(error) !== 'login') throw error;
      const detail = credentials.tls === 'off' ? PLAIN : undefined;
      refused = toAppError(error, undefined, { detail, inSecretsManager });
    }
  }
  throw refused ?? new AppError('target-denied', { inSecretsManager });
}

/**
 * Connects, and while the server is full knocks again, later each time, for half of the whole call's time; at the port that
 * the server keeps for administrators first, where the target has one. A limit of our own account is none of the server's:
 * there knocking again takes nothing but logins. @throws the driver's error
 */
async function connectUntilAdmitted(credentials: Credentials, limits: Limits): Promise<Connection> {
  const deadline = performance.now() + limits.overall * 500;
  let admin = credentials.admin && { ...credentials, ...credentials.admin };
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await connect(credentials, limits);
    } catch (error) {
      if (faultOf(error) !== 'full') throw error;
      if (admin !== undefined) {
        try {
          return await connect(admin, limits);
        } catch (fault) {
          // Closed to us, or not there: asking again changes nothing. MariaDB's may be full too.
          if (faultOf(fault) !== 'full') admin = undefined;
        }
      }
      if (performance.now() + pause > deadline) throw error;
    }
    // Not all in step, where many of us wait for one server.
    await sleep(pause * (0.8 + 0.2 * Math.random()));
  }
}

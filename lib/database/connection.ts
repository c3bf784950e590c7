import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { checkServerIdentity, rootCertificates, type TLSSocket } from 'node:tls';
import { createConnection, type Connection as Driver, type SslOptions } from 'mysql2';
import { AppError } from '../errors.ts';
import type { Credentials } from '../targets/credentials.ts';
import { type Encryption, encryptionOf } from '../targets/credentials.ts';
import { PROGRAM_NAME } from './correlation.ts';
import type { Row } from './database.ts';

/** What a multi-statement brought: a row list for each statement that was answered, and the error that ended it early. */
export interface Answer {
  readonly sets: readonly (readonly Row[])[];
  readonly error: unknown;
}

/** Limits in seconds: until the server has let us in, for one round trip, and for the whole connection. */
export interface Limits {
  /** Certificates in PEM that are trusted besides the public roots, and besides those of RDS. */
  readonly ca?: string | undefined;
  readonly connect: number;
  readonly statement: number;
  readonly overall: number;
}

/** One connection, with limits that hold even against a server that accepts and never answers. */
export interface Connection {
  readonly encryption: Encryption;
  /** Sends text, one or several statements, and waits for all answers. Never rejects for an error of the server's. */
  query(sql: string): Promise<Answer>;
  /** Says goodbye and leaves; a server that does not take it within half a second is left without. Never throws. */
  close(): Promise<void>;
}

const GOODBYE_MS = 500;

/** Roots besides which an authority of one's own is trusted; given at all, a list replaces the public roots. */
async function authorities({ tls }: Credentials, privateCa: string | undefined): Promise<string[] | undefined> {
  if (tls !== 'rds' && privateCa === undefined) return undefined;
  const known = tls === 'rds' ? await (await import('./rds-roots.ts')).rdsRoots() : rootCertificates;
  return [...known, ...(privateCa === undefined ? [] : [privateCa])];
}

async function sslFor(credentials: Credentials, privateCa: string | undefined): Promise<SslOptions | undefined> {
  if (credentials.tls === 'off') return undefined;
  const minVersion = 'TLSv1.2';
  // A pinned certificate is compared below, no matter who signed it.
  if (credentials.tls === 'unverified' || credentials.fingerprint !== undefined)
    return { rejectUnauthorized: false, minVersion };
  const ca = await authorities(credentials, privateCa);
  // Names are compared below as well: the driver compares the certificate of a server without a name with `localhost`.
  const verifyIdentity = !isIP(nameOf(credentials));
  return { rejectUnauthorized: true, verifyIdentity, minVersion, ...(ca !== undefined && { ca }) };
}

const nameOf = ({ serverName, host }: Credentials): string => serverName ?? host;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

const fault = (code: string, cause?: unknown): Error =>
  Object.assign(new Error(code, { cause }), { code, fatal: true as const });

/** Why the server at the other end is not the one that is meant, if so. */
function strangerOf(socket: TLSSocket, credentials: Credentials): Error | undefined {
  if (credentials.tls === 'unverified') return undefined;
  const certificate = socket.getPeerCertificate();
  if (credentials.fingerprint === undefined) return checkServerIdentity(nameOf(credentials), certificate);
  // Nothing is there where none came.
  const fingerprint = (certificate.fingerprint256 as string | undefined)?.replaceAll(':', '').toLowerCase();
  return fingerprint === credentials.fingerprint ? undefined : fault('CERT_FINGERPRINT');
}

/** What mysql2 calls to go over to TLS, and not in its types: it sends the login once `done` is called without an error. */
interface Upgrading {
  readonly stream: TLSSocket;
  startTLS(done: (error?: Error) => void): void;
}

/**
 * Compares the certificate before anything secret is sent, and keeps the error of a failed handshake, whose code the driver
 * writes over. Gives what went wrong, once something has.
 */
function guardTls(driver: Driver, credentials: Credentials): () => Error | undefined {
  const upgrading = driver as unknown as Upgrading;
  // A driver that goes over to TLS in another way would not ask us.
  if (typeof upgrading.startTLS !== 'function') throw new AppError('internal');
  const startTls = upgrading.startTLS.bind(upgrading);
  let failed: Error | undefined;
  upgrading.startTLS = (done) =>
    startTls((error) => {
      failed ??= error ?? strangerOf(upgrading.stream, credentials);
      done(failed && new Error('TLS'));
    });
  return () => failed && Object.assign(fault(codeOf(failed), failed), { inTls: true });
}

/** How far a socket came: a name server and a machine that never answer are two things. */
function progressOf(socket: Socket, host: string): () => 'EAI_AGAIN' | 'ECONNECT' | undefined {
  let silent: 'EAI_AGAIN' | 'ECONNECT' | undefined = isIP(host) ? 'ECONNECT' : 'EAI_AGAIN';
  socket.once('lookup', () => {
    silent = 'ECONNECT';
  });
  socket.once('connect', () => {
    silent = undefined;
  });
  return () => silent;
}

/** Connects and logs in. Rejects with the driver's error, or with one whose `code` says where it ended. */
export async function connect(credentials: Credentials, limits: Limits): Promise<Connection> {
  const ssl = await sslFor(credentials, limits.ca);
  const { host, port } = credentials;
  const socket = connectSocket({ host, port, noDelay: true, keepAlive: true });
  const silent = progressOf(socket, host);
  const driver = createConnection({
    // The driver takes this for the server's name; the socket knows the address.
    host: nameOf(credentials),
    port,
    stream: socket,
    user: credentials.user,
    password: credentials.password,
    ...(credentials.database === undefined ? {} : { database: credentials.database }),
    ...(ssl === undefined ? {} : { ssl }),
    connectTimeout: limits.connect * 1000,
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    charset: 'utf8mb4',
    connectAttributes: { program_name: PROGRAM_NAME },
    // RDS asks for an IAM token in clear text; with another server at the end it would be anybody's.
    enableCleartextPlugin: credentials.iam === true && ssl !== undefined && credentials.tls !== 'unverified',
    // Loaded only where an account logs in so.
    authPlugins: {
      client_ed25519: () => async (scramble: Buffer) =>
        (await import('./ed25519.ts')).signScramble(credentials.password, scramble.subarray(0, 32)),
    },
    flags: ['-LOCAL_FILES', '-IGNORE_SPACE'],
  });
  // A connection that breaks between two queries emits this; the next query then fails by itself.
  driver.on('error', () => {});
  const failedTls = guardTls(driver, credentials);
  // Not the clock of the day: that one may be set while we wait.
  const deadline = performance.now() + limits.overall * 1000;
  const remaining = (): number => Math.max(0, deadline - performance.now()) / 1000;
  try {
    await attempt(driver, 'connect', limits.connect, (done) => driver.once('connect', () => done()));
  } catch (error) {
    driver.destroy();
    const at = codeOf(error) === 'ETIMEDOUT' ? silent() : undefined;
    throw failedTls() ?? (at === undefined ? error : fault(at, error));
  }
  return {
    encryption: encryptionOf(credentials),
    query: (sql) => query(driver, sql, Math.min(limits.statement, remaining())),
    close: () => close(driver),
  };
}

/** Runs until `done` is called, the connection breaks or the limit passes; past it the socket is cut, since the driver would wait on. */
async function attempt(
  driver: Driver,
  what: string,
  seconds: number,
  start: (done: (error?: unknown) => void) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = (error?: unknown): void => (error ? reject(error) : resolve());
  const timer = setTimeout(() => {
    driver.destroy();
    reject(Object.assign(new Error(`no answer within the time limit: ${what}`), { code: 'ETIMEDOUT', fatal: true }));
  }, seconds * 1000);
  // A broken socket is told to the connection, not to a command that is read as a stream.
  driver.on('error', done);
  try {
    start(done);
    await promise;
  } finally {
    clearTimeout(timer);
    driver.off('error', done);
  }
}

async function query(driver: Driver, sql: string, seconds: number): Promise<Answer> {
  const sets: Row[][] = [];
  const read = attempt(driver, 'statement', seconds, (done) => {
    const command = driver.query(sql);
    let open: Row[] | undefined;
    // 'fields' opens each result; a statement without rows (KILL, SET) has none and brings its header as 'result'.
    command.on('fields', (fields: unknown) => {
      const set: Row[] = [];
      sets.push(set);
      open = fields === undefined ? undefined : set;
    });
    command.on('result', (row: Row) => void open?.push(row));
    command.on('error', (error: unknown) => done(error));
    command.on('end', () => done());
  });
  return read.then(
    () => ({ sets, error: undefined }),
    (error: unknown) => ({ sets, error }),
  );
}

async function close(driver: Driver): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, GOODBYE_MS);
    driver.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  driver.destroy();
}

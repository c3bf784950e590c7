import { createConnection } from 'mysql2/promise';
import { cacheDir, KernelError } from '../../local/kernel/fetch-kernel.ts';
import { startKernel } from '../../local/kernel/start-kernel.ts';
import { ENGINE_NAMES, type EngineName, type EngineStatus } from './engine-status.ts';
import { NotInstalled, startMariaDb, startMySql, type TestServer } from './mysql-servers.ts';

/** An engine to test on, and what stops it where it was started here. */
export interface RunningEngine extends EngineStatus {
  stop(): Promise<void>;
}

const START: Readonly<Record<EngineName, () => Promise<TestServer>>> = {
  oceanbase: () => startKernel({ cache: cacheDir(), say: console.log }),
  mariadb: startMariaDb,
  mysql: startMySql,
};
const nothing = async () => {};

/**
 * The engine at the URL of `OCEANBASE_URL`, `MARIADB_URL` or `MYSQL_URL`, else one that is installed or fetched and
 * started here; without either, a status with the reason.
 *
 * @throws Error for a URL that does not answer, and for a server that is there and does not start.
 */
export async function startEngine(name: EngineName, env = process.env): Promise<RunningEngine> {
  const variable = `${name.toUpperCase()}_URL`;
  const given = env[variable];
  if (given) {
    await (await createConnection(given)).end().catch((cause: unknown) => {
      throw new Error(`${variable} does not answer`, { cause });
    });
    return { name, url: given, reason: undefined, stop: nothing };
  }
  try {
    const { url, stop } = await START[name]();
    return { name, url, reason: undefined, stop };
  } catch (error) {
    if (!(error instanceof NotInstalled || error instanceof KernelError)) throw error;
    return { name, url: undefined, reason: `${error.message.split('\n')[0]}; ${variable} is not set`, stop: nothing };
  }
}

/** Every engine, started at once. @throws Error for one that is missing and named in `REQUIRE_ENGINES`; none is left running then. */
export async function startEngines(env = process.env): Promise<readonly RunningEngine[]> {
  const required = requiredEngines(env['REQUIRE_ENGINES']);
  const results = await Promise.allSettled(ENGINE_NAMES.map((name) => startEngine(name, env)));
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const missing = started.filter(({ name, url }) => url === undefined && required.includes(name));
  const problems = [
    ...failures,
    ...missing.map(({ name, reason }) => new Error(`REQUIRE_ENGINES: ${name}: ${reason}`)),
  ];
  if (problems.length === 0) return started;
  await Promise.all(started.map((engine) => engine.stop()));
  throw problems.length === 1 ? problems[0] : new AggregateError(problems, problems.map(String).join('\n'));
}

/** What must be there to be tested on. @throws Error for a name that there is not */
export function requiredEngines(list = ''): readonly string[] {
  const names = list.split(',').flatMap((name) => name.trim() || []);
  const unknown = names.filter((name) => ![...ENGINE_NAMES, 'oceanbase-4.3'].some((known) => known === name));
  if (unknown.length > 0) throw new Error(`REQUIRE_ENGINES: there is no engine ${unknown.join(', ')}`);
  return names;
}

import { randomBytes } from 'node:crypto';
import { cacheDir } from '../../local/kernel/fetch-kernel.ts';
import { startKernel } from '../../local/kernel/start-kernel.ts';
import type { EngineName } from '../engines/engine-status.ts';
import { startMariaDb, startMySql, type TestServer } from '../engines/mysql-servers.ts';

/** A server that a test may crash. */
export interface OwnServer extends TestServer {
  /** Ends it at once, and starts it again. */
  crash(): Promise<void>;
}

/** Root's on every kernel of this process: one may take the place of another. */
const PASSWORD = randomBytes(24).toString('base64url');

async function startOwnKernel(): Promise<OwnServer> {
  let kernel = await startKernel({ cache: cacheDir(), password: PASSWORD });
  const { url, port } = kernel;
  return {
    url,
    stop: () => kernel.stop(),
    // It comes back on empty data, so that it is another server on the same address.
    crash: async () => {
      await kernel.stop();
      kernel = await startKernel({ cache: cacheDir(), port, password: PASSWORD });
    },
  };
}

/** Starts a server that a test may crash. @throws NotInstalled, KernelError where there is none */
export const startOwn: Readonly<Record<EngineName, () => Promise<OwnServer>>> = {
  oceanbase: startOwnKernel,
  mariadb: startMariaDb,
  mysql: startMySql,
};

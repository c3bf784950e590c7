import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { aCertificate } from '../engines/a-certificate.ts';
import { Client } from '../engines/a-server.ts';
import type { EngineName } from '../engines/engine-status.ts';
import { type CrashableServer, NotInstalled, startMariaDb } from '../engines/mysql-servers.ts';
import { runCell } from './cell.ts';
import { Ground } from './ground.ts';
import type { Crew } from './run-cells.ts';
import { unwatched, watch } from './watched-server.ts';

/** A server that is made ready for cells. */
export interface Field extends Crew {
  /** The server is this field's own, and is started again where it crashes. */
  readonly isOwn: boolean;
  clear(): Promise<void>;
}

/** A MariaDB that nobody else uses, or where it is not installed the one that is shared. */
async function ownServer(engine: EngineName): Promise<CrashableServer | undefined> {
  if (engine !== 'mariadb') return undefined;
  return startMariaDb().catch((error: unknown) => {
    if (error instanceof NotInstalled) return undefined;
    throw error;
  });
}

/**
 * Makes a server ready for cells, this one or one of its own.
 *
 * @param crash - is called with the process of an own server before each cell
 */
export async function field(
  engine: EngineName,
  url: string,
  slots: number,
  crash: (pid: number) => void = () => {},
): Promise<Field> {
  const own = await ownServer(engine);
  const { folder, ca } = await aCertificate('DNS:localhost');
  const pem = (file: string) => readFileSync(join(folder, file));
  const secure = createSecureContext({ key: pem('server.key'), cert: pem('server.pem') });
  const ground = await Ground.prepare(own?.url ?? url, engine, slots);
  const answers = async () => (await Client.open(ground.url)).close();
  const server = own === undefined ? unwatched(url) : watch(own, answers, () => ground.reopen());
  return {
    server,
    slots,
    isOwn: own !== undefined,
    run: (slot, cell, heard, patience = 1) => {
      if (own !== undefined) crash(own.pid());
      return runCell({ ground, slot, secure, ca, heard, patience }, cell);
    },
    clear: async () => {
      await ground.clear(slots);
      rmSync(folder, { recursive: true });
      await server.stop();
    },
  };
}

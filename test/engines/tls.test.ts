import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createUrlDirectory } from '../../lib/credentials/database-url.ts';
import { openDatabase } from '../../lib/database/open-database.ts';
import { aCertificate } from './a-certificate.ts';
import { startMariaDb, type TestServer } from './mysql-servers.ts';

const { server, tls, skipped } = await start();
afterAll(async () => {
  await server?.stop();
  if (tls) rmSync(tls.folder, { recursive: true });
});

async function start(): Promise<{
  server?: TestServer;
  tls?: Awaited<ReturnType<typeof aCertificate>>;
  skipped?: string;
}> {
  try {
    const tls = await aCertificate('DNS:localhost');
    return { server: await startMariaDb(tls.options), tls };
  } catch (error) {
    return { skipped: error instanceof Error ? error.message : String(error) };
  }
}

/** Connects to the server under one of its names, and leaves. */
async function connect(host: string, mode: string, ca?: string): Promise<string> {
  const url = new URL(server?.url ?? 'mysql://root@localhost');
  url.hostname = host;
  url.searchParams.set('tls', mode);
  const targets = createUrlDirectory(new Map([['t', url.href]]));
  const database = await openDatabase(targets, { name: 't' }, { connect: 5, statement: 5, overall: 10, ca });
  await database.close();
  return database.server.engine;
}

describe.skipIf(!server)(`TLS on a real server${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  it('takes a certificate of the private authority that the configuration names', async () => {
    await expect(connect('localhost', 'on', tls?.ca)).resolves.toBe('mariadb');
  });

  it.each([
    ['an authority that nobody named', 'localhost', 'on', false],
    ['a private authority where RDS is meant', 'localhost', 'rds', true],
  ])('refuses %s', async (_case, host, mode, isNamed) => {
    await expect(connect(host, mode, isNamed ? tls?.ca : undefined)).rejects.toMatchObject({
      code: 'target-unreachable',
    });
  });

  it('refuses an address, which the driver would not compare, before anything is sent', async () => {
    await expect(connect('127.0.0.1', 'on', tls?.ca)).rejects.toMatchObject({
      code: 'configuration-invalid',
      detail: expect.stringContaining('host name'),
    });
  });

  it('goes without TLS only where the target says so', async () => {
    await expect(connect('127.0.0.1', 'off')).resolves.toBe('mariadb');
  });
});

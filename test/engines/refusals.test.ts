import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../lib/database/open-database.ts';
import { ERRORS, type ErrorCode } from '../../lib/errors.ts';
import { checkTarget, type TargetHealth } from '../../lib/targets/check-target.ts';
import type { TargetDirectory } from '../../lib/targets/credentials.ts';
import { errorPacket, greeting, packet, serve, TLS } from '../support/wire.ts';
import { aCertificate, type CertificateKind } from './a-certificate.ts';
import { Client, OPERATOR, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';
import { NotInstalled, startMariaDb, startMySql, type TestServer } from './mysql-servers.ts';

const config = (ca?: string): string =>
  JSON.stringify({
    access: [{ who: { group: 'operator' }, targets: ['*'], privileges: ['PROCESS', 'SUPER'] }],
    timeouts: { connect: 2, overall: 4 },
    ...(ca !== undefined && { tls: { ca } }),
  });

/** What each code was told with, of all that these tests were told. */
const told = new Map<ErrorCode, string>();

/** Health of a target, which must not speak of what is not there: this is one machine. */
async function health(url: string, ca?: string): Promise<TargetHealth> {
  const found = await checkTarget(servicesFor(url, config(ca)), { principal: OPERATOR, target: 'local' });
  const { problem } = found;
  expect(JSON.stringify(problem)).not.toMatch(/secret of|its secret|rotat|security group|subnet|NAT gateway|AWS|VPC/i);
  if (problem !== null) {
    expect(problem.hint).toBe(ERRORS[problem.code].hint);
    told.set(problem.code, problem.hint);
  }
  return found;
}

const codeOf = async (url: string, ca?: string): Promise<ErrorCode | 'reachable' | undefined> => {
  const { reachable, problem } = await health(url, ca);
  return reachable ? 'reachable' : problem?.code;
};

/** A server that says what real ones say only to an address that is not this machine's. */
async function aScript(...packets: readonly Buffer[]): Promise<{ url: string; server: Server }> {
  const { port, server } = await serve((socket) => {
    let next = 0;
    const send = () => next < packets.length && socket.write(packets[next++] ?? '');
    socket.on('data', send);
    send();
  });
  return { url: `mysql://root@127.0.0.1:${port}`, server };
}

const DEAF = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  console.log(server.address().port);
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
});`;

/** An address where packets are dropped, as by a firewall: a listener that stands still, with its queue full. */
async function aDeafServer(): Promise<{ url: string; stop: () => void }> {
  const child = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(String((await once(child.stdout, 'data'))[0]));
  await sleep(200);
  const queued = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await sleep(200);
  const stop = () => {
    for (const socket of queued) socket.destroy();
    child.kill('SIGKILL');
  };
  return { url: `mysql://root@127.0.0.1:${port}`, stop };
}

/** A server of another's key, which takes any login. Tells how much it was sent once TLS stood. */
async function anImpostor(key: Buffer, cert: Buffer): Promise<{ url: string; server: Server; heard: () => number }> {
  let heard = 0;
  const { port, server } = await serve((socket) => {
    socket.once('data', (request) => {
      socket.pause();
      // 36 bytes ask for TLS; its first packet may have come with them.
      if (request.length > 36) socket.unshift(request.subarray(36));
      const secure = new TLSSocket(socket, { isServer: true, key, cert });
      secure.on('error', () => {});
      secure.on('data', (sent) => {
        heard += sent.length;
        secure.destroy();
      });
    });
    socket.write(greeting(TLS));
  });
  return { url: `mysql://root:secret@localhost:${port}`, server, heard: () => heard };
}

describe('a server that only looks like ours', async () => {
  const tls = await aCertificate('DNS:localhost');
  const [theirs, key] = ['self-signed.pem', 'server.key'].map((name) => readFileSync(join(tls.folder, name)));
  afterAll(() => rmSync(tls.folder, { recursive: true }));

  it.each([
    ['', 'target-certificate-self-signed', false],
    ['&serverName=db.example.com', 'target-certificate-self-signed', false],
    [`&fingerprint=${tls.fingerprint}`, 'target-certificate-changed', false],
    ['&tls=unverified', 'target-unreachable', true],
  ])('hears a password only where nothing is compared: tls=on%s', async (query, code, isHeard) => {
    const { url, server, heard } = await anImpostor(key ?? Buffer.alloc(0), theirs ?? Buffer.alloc(0));
    const mode = query.includes('tls=') ? query.slice(1) : `tls=on${query}`;
    expect(await codeOf(`${url}?${mode}`, tls.ca)).toBe(code);
    await sleep(50);
    expect(heard() > 0).toBe(isHeard);
    server.close();
  });
});

describe('the way to a server', () => {
  it.each([
    ['a name that nobody knows', 'mysql://root@nonesuch.invalid?tls=off', 'target-host-unknown'],
    ['a port that nobody listens at', 'mysql://root@127.0.0.1:1', 'target-port-closed'],
  ])('%s', async (_case, url, code) => {
    expect(await codeOf(url)).toBe(code);
  });

  it('an address that no one answers at', async () => {
    const { url, stop } = await aDeafServer();
    try {
      expect(await codeOf(url)).toBe('target-silent');
    } finally {
      stop();
    }
  });

  it.each([
    ['an address that was blocked', [errorPacket(1129)], 'target-address-blocked'],
    ['an address that no account is for', [errorPacket(1130)], 'target-address-refused'],
    ['a server that shuts down', [errorPacket(1053)], 'target-shutting-down'],
    [
      'a plugin that nobody has',
      [greeting(), packet(2, Buffer.from('\xfeparsec\0data', 'latin1'))],
      'target-login-method',
    ],
  ])('%s', async (_case, packets, code) => {
    const { url, server } = await aScript(...packets);
    const { problem } = await health(url);
    server.close();
    expect(problem?.code).toBe(code);
    expect(JSON.stringify(problem)).not.toContain('canary');
    if (code === 'target-login-method') expect(problem?.detail).toContain('parsec');
  });
});

const ENGINES = {
  mysql: { start: startMySql, reload: 'ALTER INSTANCE RELOAD TLS' },
  mariadb: { start: startMariaDb, reload: 'FLUSH SSL' },
} as const;

describe.each(['mysql', 'mariadb'] as const)('what %s refuses', async (name) => {
  const { start, reload } = ENGINES[name];
  const tls = await aCertificate('DNS:localhost,DNS:db.example.com');
  const plain = name === 'mariadb' ? ['--skip-ssl'] : ['--tls-version='];
  const begin = (options: readonly string[]): Promise<TestServer | undefined> =>
    start(options).catch((error: unknown) => {
      if (error instanceof NotInstalled) return undefined;
      throw error;
    });
  const server = await begin(tls.options);
  // Without names this machine is no localhost to it, so that an account of an address can be made.
  const without = await begin([...plain, '--skip-name-resolve']);
  const base = server?.url ?? '';
  let root: Client;

  beforeAll(async () => {
    if (server === undefined) return;
    root = await Client.open(base);
    const accounts: Readonly<Record<string, string>> = {
      good: '',
      locked: 'ACCOUNT LOCK',
      expired: 'PASSWORD EXPIRE',
      secure: 'REQUIRE SSL',
    };
    for (const [user, option] of Object.entries(accounts))
      await root.connection.query(`CREATE USER ${user} IDENTIFIED BY 'pw' ${option}`);
  });
  afterAll(async () => {
    root?.close();
    await server?.stop();
    await without?.stop();
    rmSync(tls.folder, { recursive: true });
  });

  const urlOf = (host: string, query = '', user = 'good', of = base, password = 'pw'): string => {
    const url = new URL(of || 'mysql://x:1');
    url.hostname = host;
    url.username = user;
    url.password = password;
    return `${url.href}${url.pathname ? '' : '/'}${query}`;
  };
  const pin = `?fingerprint=${tls.fingerprint}`;
  const other = `?fingerprint=${'AB:'.repeat(31)}AB`;

  it.skipIf(!server).each([
    ['a wrong password', urlOf('127.0.0.1', '', 'good', base, 'no'), 'target-denied'],
    ['no such user', urlOf('127.0.0.1', '', 'nobody'), 'target-denied'],
    ['a locked account', urlOf('127.0.0.1', '', 'locked'), 'target-account-locked'],
    ['an expired password', urlOf('127.0.0.1', '', 'expired'), 'target-password-expired'],
    ['a database that is not there', urlOf('127.0.0.1', 'nonesuch', 'root', base, ''), 'target-database-unknown'],
    ['a database of others', urlOf('127.0.0.1', 'mysql'), 'target-database-unknown'],
    ['an account that must come with TLS', urlOf('127.0.0.1', '', 'secure'), 'target-denied'],
    ['an authority that nobody named', urlOf('localhost', '?tls=on'), 'target-certificate-untrusted'],
    ['an address where names stand', urlOf('127.0.0.1', '?tls=on'), 'target-certificate-name', tls.ca],
    ['another name', urlOf('localhost', '?serverName=db.example.org'), 'target-certificate-name', tls.ca],
    ['another certificate', urlOf('127.0.0.1', other), 'target-certificate-changed', tls.ca],
    ['no TLS where it is wanted', urlOf('127.0.0.1', '?tls=unverified', 'root', without?.url), 'target-tls-absent'],
    ['no certificate where one is pinned', urlOf('127.0.0.1', pin, 'root', without?.url), 'target-tls-absent'],
  ])('%s', async (_case, url, code, ca?: string) => {
    expect(await codeOf(url, ca)).toBe(code);
  });

  it.skipIf(!server).each([
    ['no', 'good', '', 'target-denied', 2],
    ['pw', 'locked', '', 'target-account-locked', 1],
    ['pw', 'good', 'mysql', 'target-database-unknown', 1],
  ])(
    'tries the next credentials only where user and password are wrong: %s %s %s',
    async (...[password, user, database, code, tries]) => {
      let tried = 0;
      const targets: TargetDirectory = {
        list: async () => [],
        find: async (named) => ({ name: named }),
        async *candidates() {
          for (const _ of ['current', 'pending']) {
            tried++;
            yield { host: '127.0.0.1', port: Number(new URL(base).port), user, password, database, tls: 'off' };
          }
        },
      };
      const limits = { connect: 2, statement: 2, overall: 4 };
      await expect(openDatabase(targets, { name: 'local' }, limits)).rejects.toMatchObject({ code });
      expect(tried).toBe(tries);
    },
  );

  it.skipIf(!server)('says that a plain connection may be the reason', async () => {
    const { problem } = await health(urlOf('127.0.0.1', '', 'secure'));
    expect(problem?.detail).toContain('no TLS');
    expect(await codeOf(urlOf('127.0.0.1', pin, 'secure'))).toBe('reachable');
  });

  it.skipIf(!server).each([
    ['verified', urlOf('localhost', '?tls=on'), tls.ca],
    ['verified, of RDS or of one’s own authority', urlOf('localhost', '?tls=rds'), tls.ca],
    ['verified by another name than the address', urlOf('127.0.0.1', '?serverName=db.example.com'), tls.ca],
    ['pinned', urlOf('127.0.0.1', pin), undefined],
    ['unverified', urlOf('127.0.0.1', '?tls=unverified'), undefined],
    ['off', urlOf('127.0.0.1'), undefined],
  ])('lets in over TLS that is %s, and says so', async (mode, url, ca) => {
    const { reachable, encryption } = await health(url, ca);
    expect(reachable).toBe(true);
    expect(encryption?.mode).toBe(mode.split(/[ ,]/)[0]);
    expect(encryption?.weakness === null).toBe(mode !== 'unverified');
  });

  // MySQL does not load one that has expired; it serves it only once it expires in its hands.
  const kinds = name === 'mysql' ? (['self-signed'] as const) : (['self-signed', 'expired'] as const);
  it.skipIf(!server).each(kinds)('a certificate that is %s', async (kind: CertificateKind) => {
    const code = `target-certificate-${kind}`;
    tls.use(kind);
    await root.connection.query(reload);
    try {
      expect(await codeOf(urlOf('localhost', '?tls=on'), tls.ca)).toBe(code);
      expect(await codeOf(urlOf('localhost', pin), tls.ca)).toBe('target-certificate-changed');
    } finally {
      tls.use('good');
      await root.connection.query(reload);
    }
    expect(await codeOf(urlOf('localhost', '?tls=on'), tls.ca)).toBe('reachable');
  });

  it.skipIf(!server)('a connection without TLS, where the server wants it', async () => {
    await root.connection.query('SET GLOBAL require_secure_transport = 1');
    try {
      const { problem } = await health(urlOf('127.0.0.1'));
      // MariaDB says why from 11 on.
      expect(problem?.code).toMatch(name === 'mysql' ? /^target-tls-required$/ : /^target-(?:tls-required|denied)$/);
      expect(JSON.stringify(problem)).toMatch(/TLS/);
      expect(await codeOf(urlOf('127.0.0.1', pin))).toBe('reachable');
    } finally {
      await root.connection.query('SET GLOBAL require_secure_transport = 0');
    }
  });

  it.skipIf(!server)('an account that is at its own limit', async () => {
    await root.connection.query("CREATE USER few IDENTIFIED BY 'pw' WITH MAX_USER_CONNECTIONS 1");
    const one = await Client.open(urlOf('127.0.0.1', '', 'few'));
    expect(await codeOf(urlOf('127.0.0.1', '', 'few'))).toBe('target-account-full');
    one.close();
  });

  it.skipIf(!server)('anybody, once it is full', async () => {
    const clients: Client[] = [];
    await root.connection.query('SET GLOBAL max_connections = 10');
    try {
      const open = async (): Promise<Client> => Client.open(urlOf('127.0.0.1'));
      for (let n = 0; n < 12; n++)
        await open().then(
          (client) => clients.push(client),
          () => {},
        );
      expect(await codeOf(urlOf('127.0.0.1'))).toBe('target-full');
    } finally {
      for (const client of clients) client.close();
      await root.connection.query('SET GLOBAL max_connections = 100');
    }
  });

  it.skipIf(!server)('an address that it has no account for', async () => {
    const url = without?.url ?? '';
    const last = await Client.open(url);
    await last.connection.query("RENAME USER root@'127.0.0.1' TO root@'192.0.2.1'");
    last.close();
    expect(await codeOf(url)).toBe('target-address-refused');
  });

  // MySQL no longer has one.
  const onMariaDb = name === 'mariadb' ? it : undefined;
  onMariaDb?.skipIf(!server)('a version of TLS that is too old', async () => {
    const old = await begin([...tls.options, '--tls-version=TLSv1.1']);
    try {
      expect(await codeOf(urlOf('localhost', '?tls=on', 'root', old?.url), tls.ca)).toBe('target-tls-old');
    } finally {
      await old?.stop();
    }
  });

  onMariaDb?.skipIf(!server)('an account of ed25519 only without its password', async (context) => {
    const installed = await root.run("INSTALL SONAME 'auth_ed25519'");
    context.skip(![0, 1968].includes(installed), 'This MariaDB comes without auth_ed25519.');
    for (const [user, password] of [
      ['short', 'pw'],
      ['passphrase', 'ä longer one than any seed of thirty-two bytes'],
    ] as const) {
      await root.connection.query(`CREATE USER ${user} IDENTIFIED VIA ed25519 USING PASSWORD('${password}')`);
      expect(await codeOf(urlOf('127.0.0.1', '', user, base, password))).toBe('reachable');
      expect(await codeOf(urlOf('127.0.0.1', '', user, base, 'no'))).toBe('target-denied');
    }
  });

  const onMySql = name === 'mysql' ? it : undefined;
  onMySql?.skipIf(!server)('anybody but administrators, in offline mode', async () => {
    await root.connection.query('SET GLOBAL offline_mode = 1');
    try {
      expect(await codeOf(urlOf('127.0.0.1'))).toBe('target-offline');
    } finally {
      await root.connection.query('SET GLOBAL offline_mode = 0');
    }
  });
});

const both = engines.filter(({ name, url }) => url !== undefined && name !== 'oceanbase').length === 2;

it('all of them together are 20 and more, each with a code, a sentence and a hint of its own', (context) => {
  context.skip(!both, 'It needs a MariaDB and a MySQL.');
  expect(told.size).toBeGreaterThanOrEqual(20);
  const of = (what: 'title' | 'hint') => new Set([...told.keys()].map((code) => ERRORS[code][what]));
  expect(of('title').size).toBe(told.size);
  expect(new Set(told.values()).size).toBe(told.size);
  expect(of('hint').size).toBe(told.size);
});

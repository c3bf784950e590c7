import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { afterEach, describe, expect, it } from 'vitest';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import { Client, isRunning, kill, leave, list, seen, servicesFor, urlAs } from './a-server.ts';
import { modes } from './modes.ts';

const MODES = await modes();
// Several rows, so that a SLEEP that is cut ends with an error: MySQL checks at the next row.
const ROWS = '(SELECT 1 UNION ALL SELECT 2) r';
const LONG = `SELECT SLEEP(30) AS t FROM ${ROWS}`;
const CUT = [1317, 5065, 1927];

const isMySqlLike = ({ name }: { readonly name: string }): boolean => name !== 'oceanbase';

/** Each way in which a session may be in a transaction while it runs a statement. */
const TRANSACTIONS: Readonly<Record<string, readonly string[]>> = {
  'after BEGIN': ['BEGIN', 'SELECT 1'],
  'in a read-only transaction': ['START TRANSACTION READ ONLY', 'SELECT 1'],
  'with autocommit off': ['SET autocommit = 0', 'SELECT 1 FROM mysql.user LIMIT 1'],
  'in XA': ["XA START 'situation'", 'SELECT 1'],
};

describe.each(MODES)('situations on $title', (mode) => {
  const { name, url = '', service = '', isApproximate, keepsRecord } = mode;
  const clients: Client[] = [];
  const sockets: Socket[] = [];
  const open = async (as = url): Promise<Client> => {
    const client = await Client.open(as);
    client.connection.on('error', () => {});
    clients.push(client);
    return client;
  };
  const root = async (...statements: readonly string[]): Promise<void> => {
    const client = await open();
    for (const statement of statements) await client.connection.query(statement);
  };
  afterEach(async () => {
    await leave(url, clients);
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it.skipIf(!url)('tells a transaction by its beginning, whatever the zone of the server', async () => {
    await root(
      'CREATE DATABASE IF NOT EXISTS situations',
      'CREATE TABLE IF NOT EXISTS situations.t (id INT PRIMARY KEY)',
    );
    const [services, client] = [servicesFor(service), await open()];
    await client.connection.query('BEGIN');
    await client.connection.query('INSERT INTO situations.t VALUES (1)');
    const { transaction } = await seen(services, client.id, (view) => view.transaction !== null);
    await client.connection.query('ROLLBACK');
    await root('DROP DATABASE situations');
    expect(transaction?.time ?? 0).toBeGreaterThanOrEqual(0);
    expect(transaction?.time ?? 0).toBeLessThan(60);
  });

  const lesser = isApproximate && service !== url ? it.skipIf(!url) : undefined;
  lesser?.(
    'ends nothing by the tag of an account that tells statements apart better, and does not say that another runs',
    async () => {
      const [services, client] = [servicesFor(service), await open()];
      const running = client.run(LONG);
      const { statement } = await seen(servicesFor(url), client.id, isRunning);
      await expect(kill(services, client.id, 'query', { tag: statement?.tag ?? '' })).rejects.toMatchObject({
        code: 'tag-mismatch',
        detail: expect.stringContaining('cannot be determined whether it is the same one'),
      });
      expect((await kill(services, client.id, 'query')).outcome).toBe('query-cancelled');
      await running;
    },
  );

  it.skipIf(!url).each(Object.entries(TRANSACTIONS))(
    'cancels the statement that is meant %s, and no later one of the same text',
    async (way, statements) => {
      if (name === 'oceanbase' && way === 'in XA') return;
      const [services, client] = [servicesFor(service), await open()];
      for (const statement of statements) await client.connection.query(statement);
      const first = client.run(LONG);
      const before = await seen(services, client.id, isRunning);
      const result = await kill(services, client.id, 'query', { tag: before.statement?.tag ?? '' });
      expect(result.outcome).toBe('query-cancelled');
      // OceanBase writes its record a while after the statement has ended: under load that is not known in time.
      expect(result.proven).toBe(keepsRecord && (name !== 'oceanbase' || result.proven));
      expect(CUT).toContain(await first);
      // Tags without the engine's identity know whole seconds only.
      if (isApproximate) await sleep(2_100);
      const second = client.run(LONG);
      await seen(services, client.id, (view) => isRunning(view) && view.statement?.tag !== before.statement?.tag);
      await expect(kill(services, client.id, 'query', { tag: before.statement?.tag ?? '' })).rejects.toMatchObject({
        code: 'tag-mismatch',
      });
      expect((await kill(services, client.id, 'query')).outcome).toBe('query-cancelled');
      await second;
    },
  );

  it.skipIf(!url)('cancels the second statement of a packet, and never calls it gone by itself', async () => {
    const [services, client] = [
      servicesFor(service),
      await open(`${url}${url.includes('?') ? '&' : '?'}multipleStatements=true`),
    ];
    const done = client.run(`SELECT 1; ${LONG}`);
    const { statement } = await seen(services, client.id, (view) => /SLEEP/.test(view.statement?.text ?? ''));
    const result = await kill(services, client.id, 'query', { tag: statement?.tag ?? '' });
    expect(result.outcome).toBe('query-cancelled');
    expect(CUT).toContain(await done);
  });

  it.skipIf(!url)('cancels a statement of which the server shows no text', async () => {
    const [services, client] = [servicesFor(service), await open()];
    const done = client.run('DO SLEEP(20)');
    await seen(services, client.id, ({ command }) => command === 'Query');
    const result = await kill(services, client.id, 'query');
    expect(result.outcome).not.toBe('nothing-running');
    await done;
  });

  it.skipIf(!url)('shows a long text to its end, and knows of one that is longer than the server shows', async () => {
    const [services, one, other] = [servicesFor(service), await open(), await open()];
    const marked = (length: number) => `SELECT SLEEP(8) AS t, '${'x'.repeat(length)}' FROM ${ROWS} /* nokill=1 */`;
    for (const [client, length] of [
      [one, 3_000],
      [other, 100_000],
    ] as const)
      void client.run(marked(length));
    await seen(services, one.id, isRunning);
    await seen(services, other.id, isRunning);
    const texts = new Map((await list(services, { full: true })).map(({ id, statement }) => [id, statement?.text]));
    expect(texts.get(one.id)).toMatch(/nokill=1 \*\/$/);
    expect(texts.get(other.id)).not.toMatch(/nokill/);
    const rules = `reapers:
  - name: busy
    targets: ['*']
    kill: query
    match: { busy: 1s, info: '/^SELECT SLEEP.8/' }
    ignore: [{ info: '/nokill=1/' }]
    victims: all
    mode: enforce
`;
    await sleep(1_200);
    const report = await reap(servicesFor(service, rules), {
      principal: reaperPrincipal('busy'),
      target: 'local',
      reaper: 'busy',
      dryRun: false,
      correlationId: 'test',
    });
    expect(report.victims).toEqual([]);
    expect(report.spared.map(({ id }) => id)).toEqual(expect.arrayContaining([one.id, other.id]));
  });
});

describe.each(MODES.filter(isMySqlLike))('what only one source shows, on $title', (mode) => {
  const { name, url = '', service = '' } = mode;
  const clients: Client[] = [];
  const open = async (as = url): Promise<Client> => {
    const client = await Client.open(as);
    client.connection.on('error', () => {});
    clients.push(client);
    return client;
  };
  const until = async (is: (view: SessionView) => boolean): Promise<SessionView> => {
    const services = servicesFor(service);
    for (let round = 0; round < 600; round++) {
      const view = (await list(services)).find(is);
      if (view !== undefined) return view;
      await sleep(100);
    }
    throw new Error('no session looked as the test needs it');
  };
  afterEach(async () => {
    await leave(url, clients);
  });

  it.skipIf(!url)('ends a login that hangs', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const view = await until(({ user }) => user === 'unauthenticated user');
    expect(await kill(servicesFor(service), view.id, 'connection', { tag: view.tag })).toMatchObject({
      outcome: 'terminated',
    });
    await closed;
  });

  it.skipIf(!url)('shows a scheduled event under its definer, and cancels and ends it', async () => {
    const { connection } = await open();
    const [[before]] = await connection.query<RowDataPacket[]>('SELECT @@GLOBAL.event_scheduler AS events');
    await connection.query('SET GLOBAL event_scheduler = 1');
    await connection.query('CREATE DATABASE IF NOT EXISTS situations');
    const services = servicesFor(service);
    for (const kind of ['query', 'connection'] as const) {
      await connection.query(
        `CREATE EVENT situations.e ON SCHEDULE AT CURRENT_TIMESTAMP DO SELECT SLEEP(30), '${kind}' FROM mysql.user`,
      );
      const view = await until(({ db, statement }) => db === 'situations' && /SLEEP/.test(statement?.text ?? ''));
      expect(view).toMatchObject({ user: 'root', protected: false });
      const result = await kill(services, view.id, kind);
      expect(['query-cancelled', 'terminated', 'already-gone']).toContain(result.outcome);
      await connection.query('DROP EVENT IF EXISTS situations.e');
      for (let round = 0; round < 600 && (await list(services)).some(({ id }) => id === view.id); round++)
        await sleep(100);
      expect((await list(services)).map(({ id }) => id)).not.toContain(view.id);
    }
    await connection.query('DROP DATABASE situations');
    // Where it runs, its own session is in every list.
    await connection.query('SET GLOBAL event_scheduler = ?', [before?.['events']]);
  });

  it.skipIf(!url)('keeps a session that rolls back pending until its work is undone', async () => {
    const client = await open();
    const { connection } = client;
    await connection.query('CREATE DATABASE IF NOT EXISTS situations');
    await connection.query('CREATE TABLE situations.big (id INT AUTO_INCREMENT PRIMARY KEY, v CHAR(200), KEY (v))');
    await connection.query("INSERT INTO situations.big (v) VALUES (REPEAT('x', 200))");
    await connection.query('SET SESSION sql_big_selects = 1');
    await connection.query('BEGIN');
    for (let doubling = 0; doubling < 17; doubling++)
      await connection.query('INSERT INTO situations.big (v) SELECT LEFT(CONCAT(UUID(), v), 200) FROM situations.big');
    const services = servicesFor(service);
    const { tag } = await seen(services, client.id);
    const first = await kill(services, client.id, 'connection', { tag });
    // A quick machine may be done by then; else every answer is pending, and the session is no idle one.
    if (first.outcome === 'pending') {
      const view = (await list(services)).find(({ id }) => id === client.id);
      if (view !== undefined) {
        expect(view.command).toBe('Killed');
        const again = await kill(services, client.id, 'connection').catch(({ code }: { code: string }) => code);
        expect(typeof again === 'string' ? again : again.outcome).toMatch(
          // Some servers no longer show whose it is, and so protect it.
          /pending|session-not-found|terminated|already-gone|protected/,
        );
      }
    } else expect(first.outcome).toBe('terminated');
    for (let round = 0; round < 300 && (await list(services)).some(({ id }) => id === client.id); round++)
      await sleep(100);
    // Gone from the list means gone from the server: its locks are free.
    const other = await open();
    await other.connection.query('SET SESSION lock_wait_timeout = 1');
    await other.connection.query('DROP DATABASE situations');
  });

  it.skipIf(!url)('takes the true age of a session that has SET its timestamp', async () => {
    const [services, idle, busy] = [servicesFor(service), await open(), await open()];
    for (const { connection } of [idle, busy]) await connection.query('SET timestamp = UNIX_TIMESTAMP() - 86400');
    const done = busy.run(LONG);
    await seen(services, busy.id, isRunning);
    const times = (await list(services))
      .filter(({ id }) => [idle.id, busy.id].includes(id))
      .map(({ time }) => time ?? 0);
    // Without performance_schema MySQL itself knows no better.
    const knows = name === 'mariadb' || !mode.isApproximate;
    expect(times.every((time) => time < 60)).toBe(knows);
    await kill(services, busy.id, 'query');
    await done;
  });

  it.skipIf(!url)('takes no age from what performance_schema has stopped to watch', async () => {
    if (name !== 'mysql') return;
    const { connection } = await open();
    await connection.query("CREATE USER warden_unwatched IDENTIFIED BY 'pw'");
    const setUp = mode.title.includes('without')
      ? []
      : ["INSERT INTO performance_schema.setup_actors VALUES ('%', 'warden_unwatched', '%', 'NO', 'NO')"];
    for (const statement of setUp) await connection.query(statement);
    try {
      const [services, client] = [servicesFor(service), await open()];
      await client.connection.changeUser({ user: 'warden_unwatched', password: 'pw' });
      await sleep(3_100);
      const woke = performance.now();
      await client.run('SELECT 1');
      const { time } = await seen(services, client.id);
      expect(time).toBeLessThan(3 + (performance.now() - woke) / 1000);
    } finally {
      if (setUp.length > 0)
        await connection.query("DELETE FROM performance_schema.setup_actors WHERE USER = 'warden_unwatched'");
      await connection.query('DROP USER warden_unwatched');
    }
  });

  it.skipIf(!url)('cancels a statement whose beginning performance_schema did not see', async () => {
    if (name !== 'mysql') return;
    const { connection } = await open();
    const [services, client] = [servicesFor(service), await open()];
    const watched = (is: 'YES' | 'NO') =>
      connection.query('UPDATE performance_schema.threads SET INSTRUMENTED = ? WHERE PROCESSLIST_ID = ?', [
        is,
        client.id,
      ]);
    await watched('NO');
    const running = client.run(LONG);
    await seen(services, client.id, isRunning);
    await watched('YES');
    const { command, statement } = await seen(services, client.id, isRunning);
    expect(command).toBe('Query');
    expect(await kill(services, client.id, 'query', { tag: statement?.tag ?? '' })).toMatchObject({
      outcome: 'query-cancelled',
      identity: 'approximate',
      proven: false,
    });
    expect(CUT).toContain(await running);
  });

  // The nameless one is NULL in performance_schema.
  it.skipIf(!url).each(['warden_caller', ''])('tells who logged in (%s), not whose procedure runs', async (user) => {
    const { connection } = await open();
    const account = `'${user}'@'%'`;
    await connection.query(`CREATE USER ${account} IDENTIFIED BY 'pw'`);
    await connection.query('CREATE DATABASE situations');
    await connection.query("CREATE USER warden_definer@'127.0.0.9'");
    await connection.query(
      `CREATE DEFINER = warden_definer@'127.0.0.9' PROCEDURE situations.wait() BEGIN ${LONG}; END`,
    );
    await connection.query(`GRANT EXECUTE ON situations.* TO ${account}, warden_definer@'127.0.0.9'`);
    try {
      const [services, caller] = [servicesFor(service), await open(urlAs(url, user, 'pw'))];
      const before = await seen(services, caller.id);
      const done = caller.run('CALL situations.wait()');
      const during = await seen(services, caller.id, isRunning);
      await kill(services, caller.id, 'query');
      await done;
      // A process list shows the definer, with his host, and MariaDB has no other list.
      const knows = name === 'mysql' && !mode.isApproximate;
      expect([during.user === before.user, during.tag === before.tag]).toEqual([knows, knows]);
    } finally {
      await connection.query('DROP DATABASE situations');
      await connection.query(`DROP USER ${account}, warden_definer@'127.0.0.9'`);
    }
  });

  it.skipIf(!url)('tells the nameless user from none, and ends its session', async () => {
    const { connection } = await open();
    await connection.query("CREATE USER ''@'%' IDENTIFIED BY 'pw'");
    try {
      const nameless = await open(urlAs(url, 'warden_stranger', 'pw'));
      const services = servicesFor(service);
      const view = await seen(services, nameless.id);
      expect(view.protected).toBe(false);
      expect(await kill(services, nameless.id, 'connection', { tag: view.tag })).toMatchObject({
        outcome: 'terminated',
      });
    } finally {
      await connection.query("DROP USER ''@'%'");
    }
  });

  it.skipIf(!url)('ends the session of a user whose name is beyond ASCII', async () => {
    const { connection } = await open();
    await connection.query('SET NAMES utf8mb4');
    await connection.query("CREATE USER '日本' IDENTIFIED BY 'pw'");
    try {
      const client = await open(urlAs(url, '日本', 'pw')).catch(() => undefined);
      // Where the server reads logins in another character set, nobody of that name can log in.
      if (client === undefined) return;
      const services = servicesFor(service);
      const view = await seen(services, client.id);
      expect(await kill(services, client.id, 'connection', { tag: view.tag })).toMatchObject({ outcome: 'terminated' });
    } finally {
      await connection.query("DROP USER '日本'");
    }
  });
});

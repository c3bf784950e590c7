import type { RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { accountGrantsText } from '../../local/cli/grants.ts';
import { Client, isRunning, kill, leave, OPERATOR, seen, servicesFor, urlAs } from './a-server.ts';
import type { EngineName } from './engine-status.ts';
import { engines } from './engines.ts';

/** What the server then says that the account holds, and nothing else. */
const HELD: Readonly<Record<EngineName, readonly RegExp[]>> = {
  oceanbase: [/^GRANT (PROCESS, SUPER|SUPER, PROCESS) ON \*\.\* TO/, /^GRANT SELECT ON [`']?oceanbase[`']?\.\* TO/],
  mysql: [
    /^GRANT PROCESS ON \*\.\* TO/,
    /^GRANT CONNECTION_ADMIN,XA_RECOVER_ADMIN ON \*\.\* TO/,
    /^GRANT SELECT ON `performance_schema`\.\* TO/,
  ],
  mariadb: [/^GRANT PROCESS, CONNECTION ADMIN ON \*\.\* TO/],
};

describe.each(engines)('the statements of warden doctor --grants on $name', ({ name, url = '' }) => {
  const clients: Client[] = [];
  let root: Client;
  let victim: Client;
  const open = async (as: string): Promise<Client> => {
    const client = await Client.open(as);
    clients.push(client);
    return client;
  };
  beforeEach(async () => {
    if (!url) return;
    root = await open(url);
    for (const user of ['warden_ag', 'warden_ag_app']) {
      await root.run(`DROP USER ${user}`);
      await root.connection.query(`CREATE USER ${user} IDENTIFIED BY 'pw'`);
    }
    victim = await open(urlAs(url, 'warden_ag_app', 'pw'));
  });
  afterEach(async () => {
    if (url) for (const user of ['warden_ag', 'warden_ag_app']) await root.run(`DROP USER ${user}`);
    await leave(url, clients);
  });

  it.skipIf(!url)(
    'let an account list and end sessions of others with full identity, and give it no more',
    async () => {
      const statements = accountGrantsText(name, 'warden_ag')
        .split('\n')
        .filter((line) => !line.startsWith('--'));
      for (const statement of statements) await root.connection.query(statement);

      const services = servicesFor(urlAs(url, 'warden_ag', 'pw'));
      const health = await checkTarget(services, { principal: OPERATOR, target: 'local' });
      expect(health).toMatchObject({ exactStatements: true, privileges: { process: true, super: true } });
      // What is left out serves `from-database` alone, or is the server's to have.
      const left = [
        ...(name === 'mariadb' ? ['plugin metadata_lock_info'] : []),
        expect.stringMatching(/^SELECT on mysql\./),
      ];
      expect(health.missing.map((need) => need.name)).toEqual(left);

      const cut = victim.run('SELECT SLEEP(60)');
      const { tag, statement } = await seen(services, victim.id, isRunning);
      expect(await kill(services, victim.id, 'query', { tag: statement?.tag ?? '' })).toMatchObject({
        outcome: 'query-cancelled',
        identity: 'exact',
      });
      await cut;
      expect(await kill(services, victim.id, 'connection', { tag })).toMatchObject({
        outcome: 'terminated',
        identity: 'exact',
      });

      const [rows] = await root.connection.query<RowDataPacket[]>('SHOW GRANTS FOR warden_ag');
      const held = rows.map((row) => String(Object.values(row)[0])).filter((line) => !line.startsWith('GRANT USAGE'));
      expect(held.filter((line) => !HELD[name].some((pattern) => pattern.test(line)))).toEqual([]);
      expect(held).toHaveLength(HELD[name].length);
      expect(held.join()).not.toContain('WITH GRANT OPTION');
    },
  );

  it.skipIf(!url)('are each needed: without one, the health of the target names it', async () => {
    const statements = accountGrantsText(name, 'warden_ag')
      .split('\n')
      .filter((line) => !line.startsWith('--'));
    for (const left of statements) {
      for (const statement of statements) if (statement !== left) await root.connection.query(statement);
      const { missing } = await checkTarget(servicesFor(urlAs(url, 'warden_ag', 'pw')), {
        principal: OPERATOR,
        target: 'local',
      });
      expect(missing.map(({ grant }) => `${grant.replace(/ TO .*$/, '')};`)).toContain(left.replace(/ TO .*$/, ';'));
      await root.connection.query('DROP USER warden_ag');
      await root.connection.query("CREATE USER warden_ag IDENTIFIED BY 'pw'");
    }
  });
});

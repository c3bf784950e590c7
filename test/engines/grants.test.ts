import type { RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as checkTargetFunction from '../../functions/check-target.ts';
import * as killConnection from '../../functions/kill-connection.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { anEvent } from '../support/http-event.ts';
import {
  aPrincipal,
  Client,
  granted,
  kill,
  LOCK_PLUGIN,
  leave,
  list,
  OPERATOR,
  servicesFor,
  urlAs,
} from './a-server.ts';
import type { EngineName } from './engine-status.ts';
import { engines } from './engines.ts';

const RULE = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: 'warden_*' }, targets: ['*'], users: ['{sub}'], privileges: from-database }
`;
const ENDS_ALL: Readonly<Record<EngineName, string>> = {
  oceanbase: 'SUPER',
  mysql: 'CONNECTION_ADMIN',
  mariadb: 'CONNECTION ADMIN',
};
const LACKS: Readonly<Record<EngineName, readonly string[]>> = {
  oceanbase: ['PROCESS', 'SUPER', 'SELECT on the oceanbase views', 'SELECT on mysql.role_edges'],
  mysql: [
    'PROCESS',
    'CONNECTION_ADMIN',
    'SELECT on performance_schema',
    'XA_RECOVER_ADMIN',
    'SELECT on mysql.role_edges',
  ],
  mariadb: [
    'PROCESS',
    'CONNECTION ADMIN',
    'plugin metadata_lock_info',
    'SELECT on mysql.global_priv and mysql.roles_mapping',
  ],
};
const look = (url: string) => checkTarget(servicesFor(url, RULE), { principal: OPERATOR, target: 'local' });

describe.each(engines)('grants on $name', ({ name, url = '' }) => {
  const clients: Client[] = [];
  const made: string[] = [];
  let root: Client;
  const open = async (as: string): Promise<Client> => {
    const client = await Client.open(as);
    clients.push(client);
    return client;
  };
  const make = async (kind: 'USER' | 'ROLE', account: string, grants: readonly string[] = []): Promise<string> => {
    made.push(`${kind} ${account}`);
    await root.connection.query(`CREATE ${kind} ${account}${kind === 'USER' ? " IDENTIFIED BY 'pw-canary'" : ''}`);
    for (const grant of grants) await root.connection.query(`GRANT ${grant} TO ${account}`);
    return urlAs(url, account, 'pw-canary');
  };
  beforeEach(async () => {
    if (url) root = await open(url);
  });
  afterEach(async () => {
    for (const thing of made.splice(0)) await root.run(`${thing.startsWith('SONAME') ? 'UNINSTALL' : 'DROP'} ${thing}`);
    await leave(url, clients);
  });
  const enforcing = name === 'oceanbase' ? undefined : it.skipIf(!url);

  it.skipIf(!url)(
    'fix one by one what an account with nothing but USAGE lacks, each its own and no other',
    async () => {
      const weak = await make('USER', 'warden_gr_weak');
      const { missing } = await look(weak);
      const left = [...LACKS[name]];
      expect(missing.map((need) => need.name)).toEqual(left);
      if (name === 'mariadb') made.push(LOCK_PLUGIN);
      for (const { name: need, grant } of missing) {
        if (await granted(root, grant)) left.splice(left.indexOf(need), 1);
        expect((await look(weak)).missing.map((need) => need.name)).toEqual(left);
      }
      expect(await look(weak)).toMatchObject({ exactStatements: true, privileges: { process: true, super: true } });
    },
  );

  // The kernel shows everybody everything.
  enforcing?.('of USAGE alone let the account see and end its own sessions, and no other', async () => {
    const weak = await make('USER', 'warden_gr_weak');
    const [services, own] = [servicesFor(weak), await open(weak)];
    const users = new Set((await list(services)).map(({ user }) => user));
    expect([...users]).toEqual(['warden_gr_weak']);
    await expect(kill(services, root.id, 'connection')).rejects.toMatchObject({ code: 'session-not-found' });
    expect(await kill(services, own.id, 'connection')).toMatchObject({ outcome: 'terminated' });
    expect(await root.isAlive()).toBe(true);
  });

  // What every account has by the server's own setting; OceanBase has no such thing.
  const EVERYBODY: Partial<Record<EngineName, readonly [give: readonly string[], take: readonly string[]]>> = {
    mysql: [["SET GLOBAL mandatory_roles = 'warden_gr_all'"], ["SET GLOBAL mandatory_roles = ''"]],
    mariadb: [['GRANT warden_gr_all TO PUBLIC'], ['REVOKE warden_gr_all FROM PUBLIC']],
  };
  const { [name]: everybody } = EVERYBODY;
  if (everybody !== undefined)
    it.skipIf(!url)('that every account has by a role of all count in from-database', async () => {
      await make('ROLE', 'warden_gr_all', ['PROCESS ON *.*', `${ENDS_ALL[name]} ON *.*`]);
      await make('USER', 'warden_gr_eva');
      const [services, eva] = [servicesFor(url, RULE), aPrincipal('warden_gr_eva')];
      expect(await list(services, {}, eva)).toEqual([]);
      const victim = await open(url);
      for (const sql of everybody[0]) await root.connection.query(sql);
      try {
        expect((await list(services, {}, eva)).map(({ id }) => id)).toContain(victim.id);
        expect(await kill(services, victim.id, 'connection', { principal: eva })).toMatchObject({
          outcome: 'terminated',
        });
      } finally {
        for (const sql of everybody[1]) await root.connection.query(sql);
      }
    });

  it.skipIf(!url)('that only one of two accounts of a name holds do not count, those of both do', async () => {
    await make('USER', "warden_gr_ada@'%'", ['PROCESS ON *.*', `${ENDS_ALL[name]} ON *.*`]);
    await make('USER', "warden_gr_ada@'10.1.2.3'");
    const [services, victim, ada] = [servicesFor(url, RULE), await open(url), aPrincipal('warden_gr_ada')];
    expect(await list(services, {}, ada)).toEqual([]);
    await root.connection.query("GRANT PROCESS ON *.* TO warden_gr_ada@'10.1.2.3'");
    expect((await list(services, {}, ada)).map(({ id }) => id)).toContain(victim.id);
    const asAda = { principal: ada };
    await expect(kill(services, victim.id, 'connection', asAda)).rejects.toMatchObject({ code: 'not-allowed' });
    expect(await victim.isAlive()).toBe(true);
    await root.connection.query(`GRANT ${ENDS_ALL[name]} ON *.* TO warden_gr_ada@'10.1.2.3'`);
    expect(await kill(services, victim.id, 'connection', asAda)).toMatchObject({ outcome: 'terminated' });
  });

  it.skipIf(!url)(
    'give no one the power of what no one logs in as: a role, a locked account, root, our own',
    async () => {
      const all = ['PROCESS ON *.*', `${ENDS_ALL[name]} ON *.*`];
      await make('USER', 'warden_gr_free', all);
      await make('USER', 'warden_gr_locked', all);
      await root.connection.query('ALTER USER warden_gr_locked ACCOUNT LOCK');
      await make('ROLE', 'warden_gr_role', all);
      const ours = await make('USER', 'warden_gr_ours', [...all, 'SELECT ON mysql.*']);
      const rule = `access: [{ who: { sub: '*' }, targets: ['*'], users: ['{sub}'], privileges: from-database }]`;
      const seenBy = async (subject: string, services = servicesFor(url, rule)) =>
        (await list(services, {}, aPrincipal(subject)).catch(() => [])).map(({ id }) => id);
      expect(await seenBy('warden_gr_free')).toContain(root.id);
      for (const subject of ['warden_gr_locked', 'warden_gr_role', 'root', 'ROOT', 'mysql.sys'])
        expect([subject, await seenBy(subject)]).toEqual([subject, []]);
      const written = `access: [{ who: { sub: eve }, targets: ['*'], users: [root], privileges: from-database }]`;
      await expect(
        kill(servicesFor(url, written), (await open(await make('USER', 'warden_gr_plain'))).id, 'connection', {
          principal: aPrincipal('eve'),
        }),
      ).rejects.toMatchObject({ code: 'session-not-found' });
      expect(await seenBy('warden_gr_free', servicesFor(ours, rule))).toContain(root.id);
      expect(await seenBy('warden_gr_ours', servicesFor(ours, rule))).not.toContain(root.id);
    },
  );

  enforcing?.(
    'count for a person by a role of a role, and for our own account only once a role is active',
    async () => {
      const weak = await make('USER', 'warden_gr_weak');
      await make('ROLE', 'warden_gr_inner', ['PROCESS ON *.*', `${ENDS_ALL[name]} ON *.*`]);
      await make('ROLE', 'warden_gr_outer', ['warden_gr_inner']);
      await root.connection.query('GRANT warden_gr_outer TO warden_gr_weak');
      const [victim, person] = [await open(url), { principal: aPrincipal('warden_gr_weak') }];
      expect((await look(weak)).privileges).toEqual({ process: false, super: false });
      const forUser = name === 'mysql' ? 'TO warden_gr_weak' : 'FOR warden_gr_weak';
      await root.connection.query(`SET DEFAULT ROLE warden_gr_outer ${forUser}`);
      expect((await look(weak)).privileges).toEqual({ process: true, super: true });
      expect(await kill(servicesFor(url, RULE), victim.id, 'connection', person)).toMatchObject({
        outcome: 'terminated',
      });
      const next = await open(await make('USER', 'warden_gr_plain'));
      expect(await kill(servicesFor(weak), next.id, 'connection')).toMatchObject({ outcome: 'terminated' });
    },
  );

  const onMySql = name === 'mysql' ? it.skipIf(!url) : undefined;
  onMySql?.('without SYSTEM_USER end nobody who has it, and others all the same', async () => {
    const grants = ['PROCESS ON *.*', 'CONNECTION_ADMIN ON *.*', 'SELECT ON performance_schema.*'];
    const services = servicesFor(await make('USER', 'warden_gr_weak', grants));
    const system = await open(await make('USER', 'warden_gr_system', ['SYSTEM_USER ON *.*']));
    const plain = await open(await make('USER', 'warden_gr_plain'));
    for (const id of [system.id, root.id])
      await expect(kill(services, id, 'connection')).rejects.toMatchObject({
        code: 'target-privilege-missing',
        auditId: expect.any(String),
      });
    expect(services.audit.records.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
    expect(await kill(services, plain.id, 'connection')).toMatchObject({ outcome: 'terminated' });
    expect([await system.isAlive(), await root.isAlive()]).toEqual([true, true]);
  });

  it.skipIf(!url)(
    'and password hashes stand in no answer, neither of health nor of a kill that is denied',
    async () => {
      const weak = await make('USER', 'warden_gr_weak', ['PROCESS ON *.*']);
      const secrets = ['pw-canary', 'IDENTIFIED'];
      if (name === 'mariadb') {
        const [rows] = await root.connection.query<RowDataPacket[]>("SELECT PASSWORD('pw-canary') AS hash");
        secrets.push(String(rows[0]?.['hash']));
        const [grants] = await root.connection.query<RowDataPacket[]>('SHOW GRANTS FOR warden_gr_weak');
        expect(JSON.stringify(grants)).toContain(secrets.at(-1)); // so it was in reach
      }
      const requestContext = { requestId: 'r1', authorizer: { jwt: { claims: { sub: 'ops', groups: ['operator'] } } } };
      for (const { createHandler } of [checkTargetFunction, killConnection]) {
        const event = anEvent({ requestContext, pathParameters: { target: 'local', id: root.id } });
        const services = servicesFor(name === 'oceanbase' ? urlAs(url, 'warden_gr_weak', 'wrong') : weak, RULE);
        const { body } = await createHandler(async () => services)(event);
        for (const secret of secrets) expect(body).not.toContain(secret);
        expect(body).not.toMatch(/GRANT USAGE|\*[0-9A-F]{40}|\$A\$005/);
      }
    },
  );
});

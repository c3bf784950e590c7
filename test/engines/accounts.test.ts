import { afterEach, describe, expect, it } from 'vitest';
import { checkTarget } from '../../lib/targets/check-target.ts';
import {
  aPrincipal,
  Client,
  granted,
  isRunning,
  kill,
  LOCK_PLUGIN,
  leave,
  list,
  OPERATOR,
  seen,
  servicesFor,
  urlAs,
} from './a-server.ts';
import { engines } from './engines.ts';

const health = (url: string) => checkTarget(servicesFor(url), { principal: OPERATOR, target: 'local' });

describe.each(engines)('our account on $name', ({ name, url = '' }) => {
  const clients: Client[] = [];
  const made: string[] = [];
  const open = async (as: string): Promise<Client> => {
    const client = await Client.open(as);
    clients.push(client);
    return client;
  };
  /** Makes a user with these grants, and gives its URL. */
  async function anAccount(user: string, ...grants: string[]): Promise<string> {
    const root = await open(url);
    await root.connection.query(`CREATE USER ${user} IDENTIFIED BY 'pw-canary'`);
    made.push(`USER ${user}`);
    for (const grant of grants) await root.connection.query(`GRANT ${grant} ON *.* TO ${user}`);
    return urlAs(url, user, 'pw-canary');
  }
  afterEach(async () => {
    if (!url) return;
    await leave(url, clients);
    const root = await Client.open(url);
    for (const thing of made.splice(0)) await root.run(`${thing.startsWith('SONAME') ? 'UNINSTALL' : 'DROP'} ${thing}`);
    root.close();
  });

  it.skipIf(!url)('is told what it lacks, and each GRANT that it is given fixes that', async () => {
    const weak = await anAccount('warden_weak');
    const before = await health(weak);
    expect(before.missing.map((grant) => grant.name)).toEqual(expect.arrayContaining(['PROCESS']));
    const root = await open(url);
    if (name === 'mariadb') made.push(LOCK_PLUGIN);
    const left: (typeof before.missing)[number][] = [];
    for (const need of before.missing) if (!(await granted(root, need.grant))) left.push(need);
    expect(await health(weak)).toMatchObject({ missing: left, privileges: { process: true, super: true } });
    expect(JSON.stringify(before)).not.toContain('pw-canary');
    expect(JSON.stringify(before)).not.toMatch(/\*[0-9A-F]{40}|IDENTIFIED/);
  });

  it.skipIf(!url)('lists and cancels with a weaker identity where it may read no more', async () => {
    const weak = await anAccount('warden_weak', 'PROCESS');
    const services = servicesFor(weak);
    const own = await open(weak);
    const running = own.run('SELECT SLEEP(20)');
    const view = await seen(services, own.id, isRunning);
    const result = await kill(services, own.id, 'query', { tag: view.statement?.tag ?? '' });
    expect(result).toMatchObject({
      outcome: 'query-cancelled',
      identity: name === 'mariadb' ? 'exact' : 'approximate',
    });
    await running;
    expect(await own.isAlive()).toBe(true);
  });

  // The kernel keeps nothing from anybody, and has no roles.
  const enforcing = name === 'oceanbase' ? undefined : it.skipIf(!url);
  enforcing?.('cannot end what the server keeps from it, and says what to grant', async () => {
    const services = servicesFor(await anAccount('warden_weak', 'PROCESS'));
    const victim = await open(url);
    await expect(kill(services, victim.id, 'connection')).rejects.toMatchObject({ code: 'target-privilege-missing' });
    expect(await victim.isAlive()).toBe(true);
  });

  const RULE = `access:\n  - { who: { sub: '*' }, targets: ['*'], users: ['{sub}'], privileges: from-database }\n`;
  const mayEndAll = name === 'mysql' ? 'CONNECTION_ADMIN' : name === 'mariadb' ? 'CONNECTION ADMIN' : 'SUPER';

  it.skipIf(!url)('gives a person what their database user holds, and no more', async () => {
    await anAccount('warden_ada', 'PROCESS');
    await anAccount('warden_bob', 'PROCESS', mayEndAll);
    await anAccount('warden_eve');
    const services = servicesFor(url, RULE);
    const victim = await open(url);
    const ended = victim.ended;
    expect(await list(services, {}, aPrincipal('warden_eve'))).toEqual([]);
    const ids = (await list(services, {}, aPrincipal('warden_ada'))).map(({ id }) => id);
    expect(ids).toContain(victim.id);
    await expect(
      kill(services, victim.id, 'connection', { principal: aPrincipal('warden_ada') }),
    ).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(
      kill(services, victim.id, 'connection', { principal: aPrincipal('warden_eve') }),
    ).rejects.toMatchObject({ code: 'session-not-found' });
    expect(await victim.isAlive()).toBe(true);
    expect(await kill(services, victim.id, 'connection', { principal: aPrincipal('warden_bob') })).toMatchObject({
      outcome: 'terminated',
    });
    await ended;
  });

  enforcing?.('counts what came by a role, and nothing that one of two accounts lacks', async () => {
    const root = await open(url);
    await root.connection.query('CREATE ROLE warden_enders');
    made.push('ROLE warden_enders');
    await root.connection.query(`GRANT PROCESS, ${mayEndAll} ON *.* TO warden_enders`);
    await anAccount('warden_ada');
    await root.connection.query('GRANT warden_enders TO warden_ada');
    const services = servicesFor(url, RULE);
    const victim = await open(url);
    const ada = aPrincipal('warden_ada');
    expect((await list(services, {}, ada)).map(({ id }) => id)).toContain(victim.id);
    await anAccount("warden_ada@'10.1.2.3'");
    expect(await list(services, {}, ada)).toEqual([]);
    await expect(kill(services, victim.id, 'connection', { principal: ada })).rejects.toMatchObject({
      code: 'session-not-found',
    });
    expect(await victim.isAlive()).toBe(true);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reap, reaperPrincipal } from '../../lib/reaper/reap.ts';
import { getSession } from '../../lib/sessions/get-session.ts';
import { listSessions } from '../../lib/sessions/list-sessions.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { Client, OPERATOR, seen, servicesFor, urlAs } from './a-server.ts';
import type { EngineName } from './engine-status.ts';
import { onEachEngine } from './engines.ts';

const rule = (name: string, match: string, more = '') => `  - name: ${name}
    targets: ['*']
    kill: connection
    match: { user: warden_unknown, ${match} }
    victims: all
    mode: enforce
    ${more}
`;
const CONFIG = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
reapers:
${[
  rule('outside', 'idle: 1s, inTransaction: false'),
  rule('not-inside', 'idle: 1s, not: { inTransaction: true }'),
  rule('not-for-long', 'idle: 1s, not: { transactionFor: 1h }'),
  rule('either', 'any: [{ inTransaction: false }, { inTransaction: true }]'),
  rule('ignoring', 'idle: 1s', 'ignore: [{ inTransaction: true }]'),
  rule('ignoring-long', 'idle: 1s', 'ignore: [{ transactionFor: 1s, idle: 1s }]'),
].join('')}${rule('whichever', 'idle: 1s')}`;
/** Those that hang on the transaction; `whichever` does not. */
const HANGING = ['outside', 'not-inside', 'not-for-long', 'either', 'ignoring', 'ignoring-long'];

/** What an account must hold to be shown transactions; without it, it sees none, not even those of its own sessions. */
const SHOWS: Readonly<Record<EngineName, string>> = {
  oceanbase: 'SELECT ON oceanbase.*',
  mysql: 'PROCESS ON *.*',
  mariadb: 'PROCESS ON *.*',
};

onEachEngine('an account that is shown no transactions', ({ name, url = '' }) => {
  let root: Client;
  let sleeper: Client;
  beforeEach(async () => {
    if (!url) return;
    root = await Client.open(url);
    await root.run('DROP USER warden_unknown');
    await root.connection.query("CREATE USER warden_unknown IDENTIFIED BY 'pw'");
    await root.connection.query('CREATE DATABASE IF NOT EXISTS warden_unknown');
    await root.connection.query('CREATE TABLE IF NOT EXISTS warden_unknown.t (id INT PRIMARY KEY, v INT)');
    await root.connection.query('REPLACE INTO warden_unknown.t VALUES (1, 1)');
    await root.connection.query('GRANT ALL ON warden_unknown.* TO warden_unknown');
    sleeper = await Client.open(urlAs(url, 'warden_unknown', 'pw'));
    await sleeper.connection.query('BEGIN');
    await sleeper.connection.query('UPDATE warden_unknown.t SET v = v + 1');
  });
  afterEach(async () => {
    if (!url) return;
    sleeper.close();
    await root.run('DROP DATABASE warden_unknown');
    await root.run('DROP USER warden_unknown');
    root.close();
  });

  const services = () => servicesFor(urlAs(url, 'warden_unknown', 'pw'), CONFIG);
  const run = (reaper: string, from = services()) =>
    reap(from, { principal: reaperPrincipal(reaper), target: 'local', reaper, dryRun: false, correlationId: 'test' });

  it.skipIf(!url)(
    'ends no sleeper in a transaction that it cannot see, by whichever rule on transactions',
    async () => {
      await sleep(3_200);
      for (const reaper of HANGING) {
        const { victims, spared, undecidable } = await run(reaper);
        expect({ reaper, victims }).toEqual({ reaper, victims: [] });
        expect(spared).toContainEqual({
          id: sleeper.id,
          user: 'warden_unknown',
          reason: expect.stringContaining('not known'),
        });
        expect(undecidable.map(({ field }) => field)).toContain('transaction');
      }
      expect(await sleeper.isAlive()).toBe(true);
      // Once it is shown, the same rule knows.
      await root.connection.query(`GRANT ${SHOWS[name]} TO warden_unknown`);
      await sleep(3_200);
      const { victims, undecidable } = await run('outside');
      expect({ victims, undecidable }).toEqual({ victims: [], undecidable: [] });
      expect((await run('whichever')).victims.map(({ id, outcome }) => [id, outcome])).toContainEqual([
        sleeper.id,
        'terminated',
      ]);
    },
  );

  it.skipIf(!url)('says so of the session, and lists it neither with nor without a transaction', async () => {
    const from = services();
    const hidden = { field: 'transaction', why: expect.stringMatching(/^[A-Z].*\.$/) };
    const view = await seen(from, sleeper.id);
    expect(view).toMatchObject({ transaction: null, unknown: expect.arrayContaining([hidden]) });
    const one = { principal: OPERATOR, target: 'local', id: sessionId(sleeper.id), full: false };
    expect((await getSession(from, one)).unknown).toEqual(view.unknown);
    for (const inTransaction of [true, false]) {
      const query = { sort: 'id', limit: 100, full: false, user: 'warden_unknown', inTransaction } as const;
      const page = await listSessions(from, { principal: OPERATOR, target: 'local', query });
      expect(page.sessions).toEqual([]);
      expect(page.undecided).toBeGreaterThanOrEqual(1);
    }
  });

  it.skipIf(!url)('is told which rules ask for what it is not shown, and what to grant', async () => {
    const { undecidable } = await checkTarget(services(), { principal: OPERATOR, target: 'local' });
    expect([...new Set(undecidable.map(({ reaper }) => reaper))].toSorted()).toEqual(HANGING.toSorted());
    for (const { field, grants } of undecidable)
      if (field === 'transaction') expect(grants).toEqual([expect.stringContaining(`GRANT ${SHOWS[name]} TO`)]);
    await root.connection.query(`GRANT ${SHOWS[name]} TO warden_unknown`);
    expect((await checkTarget(services(), { principal: OPERATOR, target: 'local' })).undecidable).toEqual([]);
  });

  // Whether it shows one is the server's --skip-name-resolve.
  it.skipIf(!url)('takes a host that is a name for no address', async () => {
    const { host } = await seen(services(), sleeper.id);
    const isName = !/^[\d.]+:\d+$/.test(host ?? '');
    const config = `reapers:
${rule('near', 'host: 127.0.0.0/8')}${rule('far', 'not: { host: 10.0.0.0/8 }')}${rule('spared', 'idle: 0s', 'ignore: [{ host: 127.0.0.0/8 }]')}`;
    const from = servicesFor(urlAs(url, 'warden_unknown', 'pw'), config);
    const would = async (reaper: string) => {
      const request = {
        principal: reaperPrincipal(reaper),
        target: 'local',
        reaper,
        dryRun: true,
        correlationId: 'test',
      };
      return (await reap(from, request)).victims.some(({ id }) => id === sleeper.id);
    };
    expect({ name, near: await would('near'), far: await would('far'), spared: await would('spared') }).toEqual({
      name,
      near: !isName,
      far: !isName,
      spared: false,
    });
  });
});

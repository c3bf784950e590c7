import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reap } from '../../lib/reaper/reap.ts';
import { Client, list, OPERATOR, servicesFor } from './a-server.ts';
import { NotInstalled, startMariaDb, startMySql } from './mysql-servers.ts';

const CONFIG = `access: [{ who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }]
reapers:
  - { name: with, targets: ['*'], kill: connection, match: { user: '*' }, ignore: [{ user: [root, app] }], victims: all, replication: true, mode: enforce }
  - { name: without, targets: ['*'], kill: connection, match: { user: 'system user' }, victims: all, mode: enforce }
`;
/** Nobody listens there: the threads wait for their source all the same. */
const REPLICATE = {
  mysql: [
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1, SOURCE_USER = 'r', SOURCE_PASSWORD = 'r'",
    'START REPLICA',
  ],
  mariadb: ["CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'r'", 'START SLAVE'],
};

describe.each(['mysql', 'mariadb'] as const)('on a replica, %s', async (name) => {
  const options = ['--server-id=7', '--event-scheduler=ON', '--skip-replica-start', '--relay-log=relay'];
  const start =
    name === 'mysql' ? startMySql(options) : startMariaDb(options.filter((option) => !option.startsWith('--skip')));
  const server = await start.catch((error: unknown) => {
    if (error instanceof NotInstalled) return undefined;
    throw error;
  });
  const services = servicesFor(server?.url ?? '', CONFIG);
  const run = (reaper: string, dryRun: boolean) =>
    reap(services, { principal: OPERATOR, target: 'local', reaper, dryRun, correlationId: 'test' });
  let root: Client;

  beforeAll(async () => {
    if (server === undefined) return;
    root = await Client.open(server.url);
    for (const sql of REPLICATE[name]) await root.connection.query(sql);
    await root.connection.query('CREATE DATABASE ev');
    await root.connection.query('CREATE EVENT ev.e ON SCHEDULE EVERY 1 HOUR DO SELECT SLEEP(600)');
    for (let found = 0; found === 0; )
      found = (await list(services)).filter(({ statement }) => statement?.text?.includes('SLEEP')).length;
  });
  afterAll(async () => {
    if (server !== undefined) root.close();
    await server?.stop();
  });

  it.skipIf(!server)('a rule without replication takes no thread of the server', async () => {
    const { victims, spared } = await run('without', false);
    expect(victims).toEqual([]);
    expect(spared.map(({ reason }) => reason)).toContain(
      'protected: It serves replication or is a thread of the server.',
    );
  });

  it.skipIf(!server)(
    'one with it takes the threads that replicate, and neither events nor any other thread',
    async () => {
      const { victims } = await run('with', true);
      expect(victims.length).toBeGreaterThanOrEqual(2);
      expect(new Set(victims.map(({ user }) => user))).toEqual(new Set(['system user']));
      const { victims: ended } = await run('with', false);
      // Those that apply end by themselves with the one that gives them work, before their own KILL if the server is quicker.
      const outcomes = ended.map(({ outcome }) => outcome);
      expect(outcomes).toContain('terminated');
      expect(outcomes.filter((outcome) => outcome !== 'terminated' && outcome !== 'already-gone')).toEqual([]);
      const left = await list(services);
      expect(left.filter(({ id }) => ended.some((one) => one.id === id))).toEqual([]);
      expect(left.some(({ statement }) => statement?.text?.includes('SLEEP'))).toBe(true);
      expect(left.some(({ user }) => user === 'event_scheduler')).toBe(true);
    },
  );
});

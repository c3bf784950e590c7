import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Services } from '../../lib/services.ts';
import { type BlockerNode, listBlockers } from '../../lib/sessions/blockers.ts';
import { getSession } from '../../lib/sessions/get-session.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { Client, LOCK_PLUGIN, leave, list, OPERATOR, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';
import { NotInstalled, startMySql } from './mysql-servers.ts';

/** What is told of a lock's holder: which session it is, which it may be, or why nobody knows. */
type Told = 'known' | 'likely' | 'unknown';

interface Scene {
  readonly lock: string;
  /** What the holder runs, one after the other; the last one may go on. */
  readonly hold: readonly string[];
  readonly wait: string;
  /** By server; where one is absent the scene cannot be made. */
  readonly told: Readonly<Partial<Record<Variant, Told>>>;
  readonly after?: string;
}

type Variant = 'mysql' | 'mysql without performance_schema' | 'mariadb' | 'mariadb with its plugin' | 'oceanbase';

const TOLD = (mysql: Told | undefined, off: Told | undefined, mariadb?: Told, plugin?: Told): Scene['told'] => ({
  ...(mysql && { mysql }),
  ...(off && { 'mysql without performance_schema': off }),
  ...(mariadb && { mariadb }),
  ...(plugin && { 'mariadb with its plugin': plugin }),
});

const WRITING = 'UPDATE warden_locks.t SET v = SLEEP(40) WHERE id = 1';
const SCENES: Readonly<Record<string, Scene>> = {
  'a row': {
    lock: 'row lock',
    hold: ['BEGIN', 'UPDATE warden_locks.t SET v = 9 WHERE id = 1'],
    wait: 'UPDATE warden_locks.t SET v = 8 WHERE id = 1',
    told: { ...TOLD('known', 'likely', 'known', 'known'), oceanbase: 'known' },
  },
  'a row that another has read with a lock': {
    lock: 'row lock',
    hold: ['BEGIN', 'SELECT v FROM warden_locks.t WHERE id = 1 LOCK IN SHARE MODE'],
    wait: 'UPDATE warden_locks.t SET v = 8 WHERE id = 1',
    told: TOLD('known', 'likely', 'known', 'known'),
  },
  'FLUSH TABLES WITH READ LOCK': {
    lock: 'global read lock',
    hold: ['FLUSH TABLES WITH READ LOCK'],
    wait: 'INSERT INTO warden_locks.t VALUES (10, 10)',
    told: TOLD('known', 'unknown', 'unknown', 'known'),
  },
  'FLUSH TABLES WITH READ LOCK that waits itself': {
    lock: 'global read lock',
    hold: [WRITING],
    wait: 'FLUSH TABLES WITH READ LOCK',
    told: TOLD('known', 'unknown', 'unknown', 'known'),
  },
  'a commit during FLUSH TABLES WITH READ LOCK': {
    lock: 'commit lock',
    hold: ['FLUSH TABLES WITH READ LOCK'],
    wait: 'BEGIN; UPDATE warden_locks.t SET v = 3 WHERE id = 2; COMMIT',
    told: TOLD(undefined, undefined, 'unknown', 'known'),
  },
  'LOCK TABLES READ': {
    lock: 'table metadata lock',
    hold: ['LOCK TABLES warden_locks.t READ'],
    wait: 'UPDATE warden_locks.t SET v = 5',
    told: TOLD('known', 'unknown', 'unknown', 'known'),
  },
  'LOCK TABLES WRITE': {
    lock: 'table metadata lock',
    hold: ['LOCK TABLES warden_locks.t WRITE'],
    wait: "SELECT 'from warden_locks.other' FROM warden_locks.t /* from warden_locks.other */",
    told: TOLD('known', 'unknown', 'unknown', 'known'),
  },
  'a table that a transaction has read': {
    lock: 'table metadata lock',
    hold: ['BEGIN', 'SELECT * FROM warden_locks.t'],
    wait: 'ALTER TABLE warden_locks.t ADD COLUMN x INT',
    told: TOLD('known', 'likely', 'likely', 'known'),
  },
  'a table that is to be dropped': {
    lock: 'table metadata lock',
    hold: ['BEGIN', 'SELECT * FROM warden_locks.t'],
    wait: 'DROP TABLE IF EXISTS warden_locks.t',
    told: TOLD('known', 'likely', 'likely', 'known'),
  },
  'a lock by name': {
    lock: 'user lock',
    hold: ["SELECT GET_LOCK('warden_locks', 1)"],
    wait: "SELECT GET_LOCK('warden_locks', 30)",
    told: { ...TOLD('known', 'known', 'known', 'known'), oceanbase: 'unknown' },
  },
  'a lock by a name that is computed': {
    lock: 'user lock',
    hold: ["SELECT GET_LOCK('warden_locks', 1)"],
    wait: "SELECT GET_LOCK(CONCAT('warden', '_locks'), 30)",
    told: TOLD('known', 'unknown', 'unknown', 'known'),
  },
  'LOCK INSTANCE FOR BACKUP': {
    lock: 'backup lock',
    hold: ['LOCK INSTANCE FOR BACKUP'],
    wait: 'ALTER TABLE warden_locks.t ADD COLUMN x INT',
    told: TOLD('known', 'unknown'),
  },
  'BACKUP STAGE': {
    lock: 'backup lock',
    hold: ['BACKUP STAGE START', 'BACKUP STAGE BLOCK_DDL'],
    wait: 'ALTER TABLE warden_locks.t ADD COLUMN x INT',
    told: TOLD(undefined, undefined, 'unknown', 'known'),
  },
  'FLUSH TABLES': {
    lock: 'table flush',
    hold: ['SELECT SLEEP(40) FROM warden_locks.t'],
    wait: 'FLUSH TABLES',
    told: TOLD('known', 'unknown'),
  },
  'a table of an engine without row locks': {
    lock: 'table level lock',
    hold: ['SELECT SLEEP(40) FROM warden_locks.m'],
    wait: 'UPDATE warden_locks.m SET v = 5',
    told: TOLD('known', 'unknown', 'unknown', 'known'),
  },
  'SET GLOBAL read_only': {
    lock: 'global read lock',
    hold: [WRITING],
    wait: 'SET GLOBAL read_only = 1',
    told: TOLD('known', 'unknown', 'unknown', 'known'),
    after: 'SET GLOBAL read_only = 0',
  },
};

const off = await startMySql(['--performance-schema=OFF']).catch((error: unknown) => {
  if (error instanceof NotInstalled) return undefined;
  throw error;
});
afterAll(() => off?.stop());
const urlOf = (engine: string): string => engines.find(({ name }) => name === engine)?.url ?? '';

/** Whether this package of MariaDB has the plugin. */
async function hasPlugin(url: string): Promise<boolean> {
  if (!url) return true;
  const root = await Client.open(url);
  const isThere = (await root.run(`INSTALL ${LOCK_PLUGIN}`)) === 0;
  if (isThere) await root.run(`UNINSTALL ${LOCK_PLUGIN}`);
  root.close();
  return isThere;
}
const isPluginThere = await hasPlugin(urlOf('mariadb'));

const VARIANTS: readonly { readonly variant: Variant; readonly url: string }[] = [
  { variant: 'mysql', url: urlOf('mysql') },
  { variant: 'mysql without performance_schema', url: off?.url ?? '' },
  { variant: 'mariadb', url: urlOf('mariadb') },
  { variant: 'mariadb with its plugin', url: urlOf('mariadb') },
  { variant: 'oceanbase', url: urlOf('oceanbase') },
];

// InnoDB gives innodb_trx from a cache that it refreshes only once nobody has read it for 0.1 s (trx0i_s.cc).
const INNODB_LAGS_MS = 300;
/** A server with sessions of this test on it, which are ended after it whatever they wait for. */
function onServer(variant: Variant, url: string) {
  const clients: Client[] = [];
  let root: Client;
  const open = async (as = url): Promise<Client> => {
    const one = new URL(as);
    one.searchParams.set('multipleStatements', 'true');
    const client = await Client.open(one.href);
    client.connection.on('error', () => {});
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    if (!url) return;
    root = await Client.open(url);
    if (variant === 'mariadb with its plugin') await root.connection.query(`INSTALL ${LOCK_PLUGIN}`);
  });
  beforeEach(async () => {
    if (!url) return;
    await root.connection.query('CREATE DATABASE IF NOT EXISTS warden_locks');
    for (const [table, engine] of [
      ['t', 'InnoDB'],
      ['m', 'MyISAM'],
      ['other', 'InnoDB'],
    ]) {
      const as = variant === 'oceanbase' ? '' : ` ENGINE = ${engine}`;
      await root.connection.query(`CREATE TABLE warden_locks.${table} (id INT PRIMARY KEY, v INT)${as}`);
      await root.connection.query(`INSERT INTO warden_locks.${table} VALUES (1, 1), (2, 2)`);
    }
  });
  afterEach(async () => {
    if (!url) return;
    await leave(root, clients);
    await root.connection.query('DROP DATABASE warden_locks');
  });
  afterAll(async () => {
    if (!url) return;
    if (variant === 'mariadb with its plugin') await root.run(`UNINSTALL ${LOCK_PLUGIN}`);
    root.close();
  });
  const run = (sql: string): Promise<number> => root.run(sql);
  /** The forest, once so many wait. */
  const forest = async (waiting: number, services = servicesFor(url)): Promise<readonly BlockerNode[]> => {
    const waiters = (node: BlockerNode): readonly (string | null)[] =>
      node.waiters.flatMap((one) => [one.id, ...waiters(one)]);
    let blockers: readonly BlockerNode[] = [];
    for (let round = 0; round < 300; round++) {
      ({ blockers } = await listBlockers(services, { principal: OPERATOR, target: 'local' }));
      if (new Set(blockers.flatMap(waiters)).size >= waiting) return blockers;
      await sleep(200);
    }
    throw new Error(`nobody waits: ${JSON.stringify(blockers)}`);
  };
  return { open, forest, run };
}

/** Runs what takes the lock. The last statement may go on for long. */
async function take({ hold }: Pick<Scene, 'hold'>, holder: Client, services: Services): Promise<void> {
  for (const sql of hold.slice(0, -1)) await holder.connection.query(sql);
  let isDone = false;
  const done = holder.run(hold.at(-1) ?? '').then(() => {
    isDone = true;
  });
  const goesOn = async () => (await list(services)).some(({ id, statement }) => id === holder.id && statement !== null);
  while (!isDone && !(await goesOn())) await sleep(50);
  await Promise.race([done, sleep(500)]);
}

if (!isPluginThere)
  it('who waits on mariadb is told by its plugin', ({ skip }) =>
    skip('this package of MariaDB lacks metadata_lock_info'));

const TRIED = VARIANTS.filter(({ variant }) => isPluginThere || variant !== 'mariadb with its plugin');

describe.each(TRIED)('who waits on $variant', ({ variant, url }) => {
  const { open, forest, run } = onServer(variant, url);
  const services = () => servicesFor(url);
  const made = Object.entries(SCENES).filter(([, { told }]) => told[variant] !== undefined);

  it.skipIf(!url).each(made)('for %s', async (_name, scene) => {
    const [holder, waiter, bystander] = [await open(), await open(), await open()];
    await bystander.connection.query('BEGIN');
    await bystander.connection.query('SELECT * FROM warden_locks.other');
    await take(scene, holder, servicesFor(url));
    const waited = waiter.run(scene.wait);
    await sleep(INNODB_LAGS_MS);
    const roots = (await forest(1)).filter(({ waiters }) => waiters.some(({ id }) => id === waiter.id));
    const expected = {
      known: [{ id: holder.id, likely: false, reason: null }],
      likely: expect.arrayContaining([
        expect.objectContaining({ id: holder.id, likely: true, reason: expect.any(String) }),
      ]),
      unknown: [{ id: null, likely: false, reason: expect.stringMatching(/\w/) }],
    }[scene.told[variant] ?? 'known'];
    expect(roots.map(({ id, likely, reason }) => ({ id, likely, reason }))).toEqual(expected);
    const isMaria = variant.startsWith('mariadb');
    const lock = isMaria ? scene.lock.replace(/^(?:global read|commit) lock$/, 'backup lock') : scene.lock;
    expect(roots[0]?.waiters[0]).toMatchObject({ id: waiter.id, lock, waitedFor: expect.any(Number) });
    const isKnown = scene.told[variant] === 'known';
    const isListed = (await list(services())).some(({ id }) => id === holder.id);
    const blocking = (await list(services(), { blocking: true })).map(({ id }) => id);
    expect(blocking).toEqual(isKnown && isListed ? [holder.id] : []);
    // Who may hold it is not said to hold up nobody either.
    const idle = (await list(services(), { blocking: false })).map(({ id }) => id);
    expect(idle).not.toContain(holder.id);
    if (scene.after) {
      await run(`KILL ${waiter.id}`);
      // Until then it may still get what it waits for.
      await waited;
      await run(scene.after);
    }
  });

  const queue = variant === 'oceanbase' ? undefined : it.skipIf(!url);
  queue?.('in a queue behind one ALTER, whose followers hold up nobody', async () => {
    const [holder, alter] = [await open(), await open()];
    await take(SCENES['a table that a transaction has read'] ?? { hold: [] }, holder, servicesFor(url));
    void alter.run('ALTER TABLE warden_locks.t ADD COLUMN x INT');
    await forest(1);
    const followers = await Promise.all(Array.from({ length: 6 }, () => open()));
    for (const follower of followers) void follower.run('SELECT * FROM warden_locks.t');
    await sleep(INNODB_LAGS_MS);
    const roots = await forest(7);
    const root = roots.find(({ id }) => id === holder.id);
    expect(root).toMatchObject({ holdsUp: 7, waiters: [{ id: alter.id, holdsUp: 6 }] });
    const leaves = root?.waiters[0]?.waiters ?? [];
    expect(new Set(leaves.map(({ id }) => id))).toEqual(new Set(followers.map(({ id }) => id)));
    expect(leaves.every(({ holdsUp }) => holdsUp === 0)).toBe(true);
    const blocking = (await list(services(), { blocking: true })).map(({ id }) => id);
    const isKnown = ['mysql', 'mariadb with its plugin'].includes(variant);
    expect(new Set(blocking)).toEqual(new Set(isKnown ? [holder.id, alter.id] : []));
  });

  const xa = variant === 'oceanbase' ? undefined : it.skipIf(!url);
  xa?.('for a prepared XA transaction that has no session, and tells what to type', async () => {
    const [holder, waiter] = [await open(), await open()];
    const xid = "'warden \u00e9','b',7";
    const lines = [
      `XA START ${xid}`,
      'UPDATE warden_locks.t SET v = 9 WHERE id = 1',
      `XA END ${xid}`,
      `XA PREPARE ${xid}`,
    ];
    for (const sql of lines) await holder.connection.query(sql);
    holder.close();
    await sleep(500);
    const ended = waiter.run('UPDATE warden_locks.t SET v = 8 WHERE id = 1');
    try {
      const [root] = await forest(1);
      const isOff = variant === 'mysql without performance_schema';
      expect(root).toMatchObject({ id: null, likely: isOff, reason: expect.any(String), waiters: [{ id: waiter.id }] });
      expect(root?.xa).toHaveLength(1);
      expect(await run(`XA ROLLBACK ${root?.xa[0]}`)).toBe(0);
      expect(await ended).toBe(0);
    } finally {
      await run(`XA ROLLBACK ${xid}`);
    }
  });
});

describe('what MySQL keeps to itself', () => {
  const url = urlOf('mysql');
  const { open, forest, run } = onServer('mysql', url);
  const scene = SCENES['LOCK TABLES WRITE'] ?? { hold: [], wait: '' };
  const USER = 'warden_locks_weak';
  const weak = async (...grants: readonly string[]) => {
    await run(`DROP USER IF EXISTS ${USER}`);
    await run(`CREATE USER ${USER} IDENTIFIED BY 'pw'`);
    for (const grant of grants) await run(`GRANT ${grant} ON *.* TO ${USER}`);
    return servicesFor(urlAs(url, USER, 'pw'));
  };
  afterAll(() => (url ? run(`DROP USER IF EXISTS ${USER}`) : undefined));

  it.skipIf(!url)('is told as unknown, with the grant that is missing', async () => {
    const [holder, waiter] = [await open(), await open()];
    await take(scene, holder, servicesFor(url));
    void waiter.run(scene.wait);
    const [root] = await forest(1, await weak('PROCESS'));
    expect(root).toMatchObject({ id: null, reason: expect.stringContaining('SELECT on performance_schema') });
    const asked = { principal: OPERATOR, target: 'local', id: sessionId(holder.id), full: false };
    expect(await getSession(await weak('PROCESS'), asked)).toMatchObject({ locks: { blocking: null, blocks: [] } });
  });

  it.skipIf(!url)('of an XA transaction is that there is one, and who may ask which', async () => {
    const [holder, waiter] = [await open(), await open()];
    for (const sql of ["XA START 'w'", 'UPDATE warden_locks.t SET v = 9 WHERE id = 1', "XA END 'w'", "XA PREPARE 'w'"])
      await holder.connection.query(sql);
    holder.close();
    await sleep(500);
    void waiter.run('UPDATE warden_locks.t SET v = 8 WHERE id = 1');
    try {
      const [root] = await forest(1, await weak('PROCESS', 'SELECT'));
      expect(root).toMatchObject({ id: null, xa: [], reason: expect.stringContaining('XA_RECOVER_ADMIN') });
    } finally {
      await run("XA ROLLBACK 'w'");
    }
  });

  it.skipIf(!url)('is told with the instrument that is off, and health says how to turn it on', async () => {
    const [holder, waiter] = [await open(), await open()];
    const instrument = (on: string) =>
      run(
        `UPDATE performance_schema.setup_instruments SET ENABLED = '${on}', TIMED = '${on}' WHERE NAME = 'wait/lock/metadata/sql/mdl'`,
      );
    await instrument('NO');
    try {
      await take(scene, holder, servicesFor(url));
      void waiter.run(scene.wait);
      const [root] = await forest(1);
      expect(root).toMatchObject({ id: null, reason: expect.stringContaining('setup_instruments') });
      const { missing } = await checkTarget(servicesFor(url), { principal: OPERATOR, target: 'local' });
      const line = missing.find(({ name }) => name.includes('mdl'))?.grant ?? '';
      expect(await run(line)).toBe(0);
      const now = await checkTarget(servicesFor(url), { principal: OPERATOR, target: 'local' });
      expect(now.missing).toEqual([]);
    } finally {
      await instrument('YES');
    }
  });
});

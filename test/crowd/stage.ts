import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { urlAs } from '../engines/a-server.ts';
import type { EngineName as Engine } from '../engines/engine-status.ts';
import type { Random } from '../fuzz/random.ts';
import type { Login } from './a-client.ts';

/** A server that is made ready for a crowd. */
export interface Stage {
  readonly logins: readonly [Login, ...Login[]];
  /** The URL of the product's account. */
  readonly service: string;
  /** Of some sessions at least, statements are told apart by text and age only. */
  readonly isApproximate: boolean;
  /** Whether they are told apart exactly differs from call to call: performance_schema has too few places. */
  readonly isMixed: boolean;
  /** The product's account sees all sessions. */
  readonly seesAll: boolean;
  /** What was set on the server. */
  readonly settings: readonly string[];
  /** Leaves the server as it was. */
  leave(): Promise<void>;
}

/** Two with all rights on their tables, one who has them by a role, one with none at all. */
const USERS = ['crowd_a', 'crowd_b', 'crowd_c', 'crowd_d'] as const;
/** Whoever has no account: one under a name of his own, one under none. */
const ANONYMOUS = ['crowd_nobody', ''] as const;

/** Rows that take a tenth of a second or so to change, and to change back. */
const BIG = 10_000;
/** How long a server may take to start. */
const RESTART_MS = 60_000;

/** What a server may be set to while it runs; clients set their own again. */
const GLOBALS: readonly (readonly [name: string, value: string, not?: Engine])[] = [
  ['time_zone', "'-05:00'"],
  ['time_zone', "'+09:30'"],
  ['sql_select_limit', '3'],
  ['autocommit', '0'],
  ['sql_mode', "'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'"],
  ['max_join_size', '10', 'oceanbase'],
  ['sql_safe_updates', '1', 'oceanbase'],
  ['group_concat_max_len', '4'],
  ['wait_timeout', '120'],
  ['read_only', '1', 'oceanbase'],
  ['innodb_lock_wait_timeout', '2', 'oceanbase'],
  ['lock_wait_timeout', '3', 'oceanbase'],
];

/** What clients need for what they do. */
const NEEDED: typeof GLOBALS = [
  ['local_infile', '1'],
  ['event_scheduler', 'ON', 'oceanbase'],
];

/** What MySQL's performance_schema may be told to leave out, and how that is undone. */
const LEFT_OUT: readonly (readonly [set: string, back: string])[] = [
  ...[
    'events_statements_current',
    'events_statements_history',
    'events_transactions_current',
    'thread_instrumentation',
  ].map(
    (name) =>
      [
        "UPDATE performance_schema.setup_consumers SET ENABLED = 'NO'",
        "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES'",
      ].map((sql) => `${sql} WHERE NAME = '${name}'`) as [string, string],
  ),
  ...['statement/%', 'transaction', 'wait/lock/metadata/sql/mdl'].map(
    (name) =>
      ['NO', 'YES'].map(
        (is) => `UPDATE performance_schema.setup_instruments SET ENABLED = '${is}' WHERE NAME LIKE '${name}'`,
      ) as [string, string],
  ),
  [
    "INSERT INTO performance_schema.setup_actors VALUES ('%', 'crowd_a', '%', 'NO', 'NO')",
    "DELETE FROM performance_schema.setup_actors WHERE USER = 'crowd_a'",
  ],
];

const OPTIONS: Readonly<Record<Engine, readonly (readonly string[])[]>> = {
  mysql: [
    ['--performance-schema=OFF'],
    ['--performance-schema-max-sql-text-length=100'],
    ['--performance-schema-max-thread-instances=45'],
    ['--max-connections=22'],
    ['--max-user-connections=7'],
    ['--performance-schema-consumer-events-statements-history=OFF'],
    ['--skip-name-resolve'],
    ['--default-time-zone=-05:00', '--autocommit=0'],
    ['--max-join-size=10', '--sql-mode=ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'],
  ],
  mariadb: [
    ['--skip-name-resolve'],
    ['--performance-schema=ON'],
    ['--thread-handling=pool-of-threads'],
    ['--max-connections=22'],
    ['--plugin-load-add=metadata_lock_info'],
    ['--skip-character-set-client-handshake'],
    ['--default-time-zone=-05:00', '--autocommit=0'],
    ['--max-join-size=10', '--sql-mode=ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'],
  ],
  oceanbase: [],
};

/** The options that a server is started with where it is started for one play: none, one set or two. */
export const optionsFor = (engine: Engine, random: Random): readonly string[] => {
  const [first, ...others] = OPTIONS[engine];
  return first === undefined || random.chance(25) ? [] : random.some([first, ...others], 2).flat();
};

async function value(root: Connection, sql: string): Promise<string> {
  const [rows] = await root.query<RowDataPacket[]>(sql);
  return String(Object.values(rows[0] ?? {})[0]);
}

async function furnish(root: Connection, engine: Engine, clients: number): Promise<void> {
  await root.query('CREATE DATABASE IF NOT EXISTS crowd');
  const fill = async (table: string, rows: number) => {
    await root.query(`CREATE TABLE IF NOT EXISTS crowd.${table} (id INT PRIMARY KEY, n INT)`);
    await root.query(
      `REPLACE INTO crowd.${table} VALUES ${Array.from({ length: rows }, (_, n) => `(${n}, 0)`).join(', ')}`,
    );
  };
  await fill('t', clients + 10);
  await fill('wanted', 3);
  await fill('locked', 1);
  await fill('meta', 1);
  await fill('loaded', 1);
  for (const n of [0, 1, 2]) await fill(`big${n}`, BIG);
  await root.query('DROP PROCEDURE IF EXISTS crowd.wait');
  await root.query(
    'CREATE PROCEDURE crowd.wait(IN seconds DOUBLE) BEGIN SELECT SLEEP(seconds) AS slept FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) r; END',
  );
  for (const user of USERS) {
    await root.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
    if (user === 'crowd_d') continue;
    if (engine !== 'oceanbase')
      await root.query(`GRANT RELOAD${engine === 'mysql' ? ', BACKUP_ADMIN' : ''} ON *.* TO ${user}`);
    if (user !== 'crowd_c' || engine === 'oceanbase') await root.query(`GRANT ALL ON crowd.* TO ${user}`);
  }
  // OceanBase knows no account without a name, and no scheduled event of anybody's.
  if (engine === 'oceanbase') return;
  await root.query("CREATE USER IF NOT EXISTS ''@'%' IDENTIFIED BY 'pw'");
  await root.query("GRANT ALL ON crowd.* TO ''@'%'");
  await root.query(
    'CREATE TABLE IF NOT EXISTS crowd.happened (mark INT PRIMARY KEY, id BIGINT, began DECIMAL(20, 6), ended DECIMAL(20, 6))',
  );
  // What this one may do comes to it by a role.
  await root.query('CREATE ROLE IF NOT EXISTS crowd_role');
  await root.query('GRANT ALL ON crowd.* TO crowd_role');
  await root.query('GRANT crowd_role TO crowd_c');
  await root.query(`SET DEFAULT ROLE crowd_role ${engine === 'mysql' ? 'TO' : 'FOR'} crowd_c`);
}

/** The account that the product works with: an administrator's, the least that it needs, or one that sees its own sessions only. */
async function serviceFor(
  root: Connection,
  engine: Engine,
  url: string,
  random: Random,
): Promise<'all' | 'least' | 'own'> {
  const kind = engine === 'oceanbase' ? 'all' : random.one(['all', 'all', 'all', 'least', 'own', 'own'] as const);
  if (kind !== 'least') return kind;
  await root.query("CREATE USER IF NOT EXISTS crowd_service IDENTIFIED BY 'pw'");
  await root.query(
    `GRANT PROCESS, ${engine === 'mysql' ? 'CONNECTION_ADMIN, SYSTEM_USER' : 'CONNECTION ADMIN'} ON *.* TO crowd_service`,
  );
  return url === '' ? 'all' : kind;
}

/** Makes users, tables and procedures, and sets what the seed says. */
export async function prepare(engine: Engine, url: string, random: Random, clients: number): Promise<Stage> {
  const root = await createConnection({ uri: url, multipleStatements: true });
  root.on('error', () => {});
  await root.query("SET SESSION sql_select_limit = 9223372036854775807, SESSION autocommit = 1, SESSION sql_mode = ''");
  await furnish(root, engine, clients);
  const settings: string[] = [];
  const back: string[] = [];
  for (const [name, to, not] of [
    ...NEEDED,
    ...random.some([...GLOBALS] as [(typeof GLOBALS)[number], ...typeof GLOBALS], 3),
  ]) {
    if (not === engine) continue;
    const before = await value(root, `SELECT CAST(@@GLOBAL.${name} AS CHAR)`);
    settings.push(`${name} = ${to}`);
    back.unshift(`SET GLOBAL ${name} = ${/^-?\d+$/.test(before) ? before : `'${before}'`}`);
    await root.query(`SET GLOBAL ${name} = ${to}`);
  }
  const hasSchema = engine === 'mysql' && (await value(root, 'SELECT @@performance_schema')) === '1';
  const left =
    hasSchema && random.chance(40)
      ? [random.one([...LEFT_OUT] as [(typeof LEFT_OUT)[number], ...typeof LEFT_OUT])]
      : [];
  for (const [set, undo] of left) {
    await root.query(set);
    settings.push(set);
    back.unshift(undo);
  }
  const account = await serviceFor(root, engine, url, random);
  if (account !== 'all') settings.push(`our account: ${account}`);
  const { port } = new URL(url);
  const socketPath = engine === 'oceanbase' ? '' : await value(root, 'SELECT @@socket');
  const users = engine === 'oceanbase' ? USERS : [...USERS, ...ANONYMOUS];
  const network = users.map((user): Login => ({ port: Number(port), user, password: 'pw' }));
  const local = existsSync(socketPath) ? network.map((login): Login => ({ ...login, socketPath })) : [];
  const [first, ...others] = [...network, ...local];
  if (first === undefined) throw new Error('nobody may log in');
  const isSmall =
    hasSchema &&
    Number(await value(root, 'SELECT @@performance_schema_max_thread_instances')) > 0 &&
    Number(await value(root, 'SELECT @@performance_schema_max_thread_instances')) < 100;
  return {
    logins: [first, ...others],
    service: account === 'all' ? url : urlAs(url, account === 'own' ? 'crowd_a' : 'crowd_service', 'pw'),
    isApproximate: engine === 'mysql' && (!hasSchema || left.length > 0 || account !== 'all' || isSmall),
    isMixed: isSmall,
    seesAll: account !== 'own',
    settings,
    leave: async () => {
      // The server may have been started anew meanwhile, and on a busy machine may not be up yet.
      const connect = () => createConnection({ uri: url, multipleStatements: true });
      let again = await connect().catch(() => undefined);
      for (
        const until = performance.now() + RESTART_MS;
        again === undefined && performance.now() < until;
        await sleep(500)
      )
        again = await connect().catch(() => undefined);
      again ??= await connect();
      again.on('error', () => {});
      await again.query('SET SESSION autocommit = 1');
      if (engine !== 'oceanbase') await again.query('SET SESSION sql_safe_updates = 0');
      for (const sql of back) await again.query(sql);
      await again.query('DROP DATABASE IF EXISTS crowd');
      for (const user of [...USERS, 'crowd_service']) await again.query(`DROP USER IF EXISTS ${user}`);
      if (engine !== 'oceanbase') await again.query("DROP ROLE IF EXISTS crowd_role; DROP USER IF EXISTS ''@'%'");
      await again.end();
      root.destroy();
    },
  };
}

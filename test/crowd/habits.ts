import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineName as Engine } from '../engines/engine-status.ts';
import type { Random } from '../fuzz/random.ts';
import { type Client, type Login, newMark, type Step } from './a-client.ts';
import { type Life, type Ran, wordOf } from './notes.ts';

/** What a client needs to know of its play. */
export interface Scene {
  readonly engine: Engine;
  readonly logins: readonly [Login, ...Login[]];
  /** True once the play is over. */
  readonly isOver: () => boolean;
}

/** One thing that people's clients do, from an idle session to an idle session. */
export type Habit = (client: Client, random: Random, scene: Scene) => Promise<unknown>;

// Several rows, so that a SLEEP that is cut meets its check for a KILL at the next row: MySQL ends a cut SLEEP without an error.
const ROWS = '(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) r';

/** A statement of so many milliseconds, whose client can tell whether it was cut. */
const long = (milliseconds: number, words = ''): Step => ({
  sql: `SELECT % SLEEP(${(milliseconds / 4000).toFixed(4)}) AS slept FROM ${ROWS}${words}`,
  least: milliseconds,
  sleeps: 4,
});
const some = (random: Random): Step => long(100 + random.below(1_500));
const pause = (random: Random, most: number) => sleep(random.below(most));
/** The client's own row, which nobody else touches. */
const own = ({ life }: Client): string => `UPDATE % crowd.t SET n = n + 1 WHERE id = ${life.client}`;

const autocommit: Habit = async (client, random) => {
  for (let n = random.below(3); n >= 0; n--) {
    await client.send([random.chance(25) ? { sql: own(client) } : some(random)]);
    await pause(random, 800);
  }
};

const binary: Habit = async (client, random) => {
  const least = 100 + random.below(1_200);
  await client.send([{ sql: `SELECT % SLEEP(?) AS slept FROM ${ROWS}`, least, sleeps: 4 }], { values: [least / 4000] });
  await pause(random, 500);
};

/** PREPARE and EXECUTE in words. What a server shows of the second is its own text, or the prepared one. */
const prepared: Habit = async (client, random) => {
  const mark = newMark();
  const least = 100 + random.below(1_200);
  const text = `SELECT /* ${wordOf(mark)} */ SLEEP(?) AS slept FROM ${ROWS}`;
  const name = `p${mark}`;
  if ((await client.send([{ sql: `PREPARE ${name} FROM '${text}'`, mark }])) !== 'whole') return;
  await client.send([{ sql: `SET % @seconds = ${least / 4000}` }]);
  for (let n = random.below(2); n >= 0; n--)
    await client.send([{ sql: `EXECUTE % ${name} USING @seconds`, mark, least, sleeps: 4 }]);
  await client.send([{ sql: `DEALLOCATE PREPARE ${name}` }]);
};

/** A file that the client itself sends, as slowly as it likes. */
const loadData: Habit = async (client, random) => {
  const least = 200 + random.below(1_500);
  const sql = "LOAD % DATA LOCAL INFILE 'crowd.tsv' REPLACE INTO TABLE crowd.loaded";
  await client.send([{ sql, least }], { file: least });
};

const DROPPED_MS = 10_000;

/** A scheduled event is a session that nobody opened. It writes down itself when it began and when it ended. */
const scheduledEvent: Habit = async (client, random) => {
  const user = client.life.users.at(-1)?.is ?? null;
  // Whoever logs in without an account of his own is its definer under no name.
  if (user === null || !/^crowd_[abc]$/.test(user)) return;
  const mark = newMark();
  const least = 300 + random.below(1_200);
  const now = 'UNIX_TIMESTAMP(SYSDATE(6))';
  const step = long(least).sql.replace('%', `/* ${wordOf(mark)} */`);
  const body = `INSERT INTO crowd.happened VALUES (${mark}, CONNECTION_ID(), ${now}, NULL); COMMIT; ${step};
    UPDATE crowd.happened SET ended = ${now} WHERE mark = ${mark}; COMMIT;`;
  const opening = performance.now();
  const sql = `CREATE % EVENT crowd.e${mark} ON SCHEDULE AT CURRENT_TIMESTAMP DO BEGIN ${body} END`;
  if ((await client.send([{ sql }])) !== 'whole') return;
  const atHere = (seconds: unknown): number => Number(seconds) * 1_000 - (Date.now() - performance.now());
  let life: Life | undefined;
  let ran: Ran | undefined;
  const isThere = async (): Promise<boolean> => {
    const rows: object[] = [];
    await client.send([{ sql: `SELECT % 1 FROM information_schema.EVENTS WHERE EVENT_NAME = 'e${mark}'` }], { rows });
    return rows.length > 0;
  };
  let hasLeft = false;
  for (const until = opening + least + 10_000; performance.now() < until; await sleep(100)) {
    const rows: object[] = [];
    const question = `SELECT % id, began, ended FROM crowd.happened WHERE mark = ${mark}`;
    if ((await client.send([{ sql: question }], { rows })) === 'lost') break;
    const row = rows[0] as { readonly id: unknown; readonly began: unknown; readonly ended: unknown } | undefined;
    if (row === undefined) continue;
    const began = atHere(row.began);
    if (life === undefined || ran === undefined) {
      ran = {
        mark,
        sql: step,
        from: began,
        to: Number.POSITIVE_INFINITY,
        least,
        end: null,
        errno: null,
        isSpared: false,
        wants: null,
      };
      life = {
        ...{ client: client.life.client, how: 'event', id: String(row.id), opening, open: began, alive: began },
        ...{ leaving: Number.POSITIVE_INFINITY, gone: Number.POSITIVE_INFINITY, hasSetClock: false, holds: [] },
        ...{ users: [{ at: opening, is: user }], transactions: [{ at: opening, is: null }], ran: [ran] },
      };
      client.notes.lives.push(life);
    }
    if (row.ended === null) {
      if (hasLeft) break;
      // It is dropped when it has ended; on a busy machine that takes its time.
      hasLeft = performance.now() > opening + least + 2_000 && !(await isThere());
      continue;
    }
    [ran.end, ran.to] = ['whole', atHere(row.ended)];
    break;
  }
  if (life === undefined || ran === undefined) return;
  // Without an end of its own it was cut, at some time until now, unless it may still run or nobody is left who could say.
  if (ran.end === null)
    [ran.end, ran.to] =
      hasLeft && !client.isGone ? ['cut', performance.now()] : ['lost', performance.now() + DROPPED_MS];
  life.alive = ran.end === 'whole' ? ran.to : ran.from;
  life.leaving = ran.end === 'lost' ? performance.now() : ran.to;
  // It is dropped by its own session, which may wait for that.
  life.gone = life.leaving + DROPPED_MS;
};

/** Without the role by which a user may do anything here, and with it again. */
const role: Habit = async (client, random, { engine }) => {
  await client.send([{ sql: 'SET ROLE NONE' }]);
  await client.send([{ sql: own(client) }]);
  await client.send([some(random)]);
  await client.send([{ sql: engine === 'mariadb' ? 'SET ROLE crowd_role' : 'SET ROLE DEFAULT' }]);
};

const packet: Habit = async (client, random) => {
  const length = 2 + random.below(3);
  const steps = Array.from({ length }, () =>
    random.chance(30) ? { sql: `SET % @crowd = ${random.below(9)}` } : some(random),
  );
  await client.send(steps);
  await pause(random, 300);
};

/** Statements of one packet that follow one another at once: MySQL ends a SLEEP that is cut without an error, and goes on. OceanBase sends all results at once. */
const naps: Habit = (client, random) => {
  const steps = Array.from({ length: 3 + random.below(4) }, (): Step => {
    const least = 200 + random.below(400);
    return { sql: `SELECT % SLEEP(${least / 1000}) AS slept`, least, sleeps: 1 };
  });
  return client.send(steps);
};

/** Many short statements in one packet, so that a KILL often comes where one ends and the next begins. */
const burst: Habit = (client, random) => {
  const least = 30 + random.below(60);
  const step: Step = { sql: `SELECT % SLEEP(${least / 1000}) AS slept`, least };
  return client.send(Array.from({ length: 15 + random.below(20) }, () => step));
};

/** Work in a transaction that somebody else has begun in the way of his own. */
async function workInside(client: Client, random: Random, isReadOnly: boolean): Promise<void> {
  const first = isReadOnly ? 'SELECT % n FROM crowd.t WHERE id = 1' : own(client);
  if ((await client.send([{ sql: first }], { leaves: true })) !== 'whole') return;
  for (let n = random.below(3); n >= 0; n--) {
    await pause(random, 1_500);
    await client.send(random.chance(25) ? [some(random), some(random)] : [some(random)]);
  }
  await pause(random, 2_500);
}

const begin: Habit = async (client, random) => {
  const isReadOnly = random.chance(25);
  await client.send([{ sql: isReadOnly ? 'START % TRANSACTION READ ONLY' : 'BEGIN' }]);
  await workInside(client, random, isReadOnly);
  await client.send([{ sql: random.one(['COMMIT', 'ROLLBACK']) }], { leaves: false });
};

const autocommitOff: Habit = async (client, random) => {
  await client.send([{ sql: 'SET % autocommit = 0' }]);
  for (let n = random.below(2); n >= 0; n--) {
    await workInside(client, random, false);
    await client.send([{ sql: 'COMMIT' }], { leaves: false });
    await pause(random, 300);
  }
  await client.send([{ sql: 'SET % autocommit = 1' }], { leaves: false });
};

/** The very same text again and again, in a transaction or not: a tag is for one execution. */
const again: Habit = async (client, random) => {
  const isInside = random.chance(60);
  if (isInside) {
    await client.send([{ sql: 'BEGIN' }]);
    await client.send([{ sql: own(client) }], { leaves: true });
  }
  const step = { ...long(300 + random.below(900)), mark: newMark() };
  for (let n = 2 + random.below(4); n > 0; n--) await client.send([step]);
  if (isInside) await client.send([{ sql: 'COMMIT' }], { leaves: false });
};

const xa: Habit = async (client, random) => {
  const name = `'crowd ${client.life.client} ${client.life.id}'`;
  if ((await client.send([{ sql: `XA START ${name}` }])) !== 'whole') return;
  await workInside(client, random, false);
  await client.send([{ sql: `XA END ${name}` }]);
  await client.send([{ sql: random.chance(50) ? `XA COMMIT ${name} ONE PHASE` : `XA ROLLBACK ${name}` }], {
    leaves: false,
  });
  // Where one of those failed the transaction is still there.
  if (client.life.transactions.at(-1)?.is !== false) await client.leave();
};

const procedure: Habit = async (client, random) => {
  const least = 200 + random.below(1_500);
  await client.send([{ sql: `CALL % crowd.wait(${(least / 4000).toFixed(4)})`, least, sleeps: 4 }]);
};

const mute: Habit = async (client, random) => {
  const least = 200 + random.below(1_000);
  await client.send([{ sql: `DO % SLEEP(${(least / 1000).toFixed(3)})`, least, isMute: true }]);
};

/** Texts of which a server may show the beginning alone, with the words at their end by which a rule spares them. */
const spared: Habit = async (client, random) => {
  const padding = 'x'.repeat(random.one([0, 900, 2_000, 70_000, 70_000]));
  await client.send([
    { ...long(1_200 + random.below(1_200), ` WHERE 'x' <> '${padding}' /* nokill */`), isSpared: true },
  ]);
};

/** Sets what a session may set for itself, works, and sets it back. */
const settings: Habit = async (client, random) => {
  const [set, back] = random.one([
    ['timestamp = UNIX_TIMESTAMP() - 86400', 'timestamp = DEFAULT'],
    ['timestamp = 100000', 'timestamp = DEFAULT'],
    ["time_zone = '-07:00'", "time_zone = '+00:00'"],
    ["time_zone = '+05:30'", "time_zone = '+00:00'"],
    ["sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'", "sql_mode = ''"],
    ['sql_select_limit = 5', 'sql_select_limit = 1000'],
    ['character_set_results = latin1', 'character_set_results = utf8mb4'],
    ['character_set_client = latin1', 'character_set_client = utf8mb4'],
    ['character_set_connection = gbk', 'character_set_connection = utf8mb4'],
  ]);
  if (set.startsWith('timestamp')) client.life.hasSetClock = true;
  await client.send([{ sql: `SET % SESSION ${set}` }]);
  await client.send([some(random)]);
  await pause(random, 1_500);
  if (random.chance(50)) await client.send([some(random)]);
  await client.send([{ sql: `SET % SESSION ${back}` }]);
};

const temporaryTable: Habit = async (client, random) => {
  await client.send([
    { sql: 'CREATE % TEMPORARY TABLE crowd.mine (id INT)' },
    { sql: 'INSERT % INTO crowd.mine VALUES (1), (2)' },
  ]);
  await client.send([some(random)]);
  await client.send([{ sql: 'DROP % TEMPORARY TABLE crowd.mine' }]);
};

const definition: Habit = async (client, random) => {
  const { client: number } = client.life;
  const wants = 'backup';
  await client.send([{ sql: `CREATE % TABLE IF NOT EXISTS crowd.d${number} (id INT PRIMARY KEY)`, wants }]);
  await pause(random, 500);
  await client.send([{ sql: `DROP % TABLE IF EXISTS crowd.d${number}`, wants }]);
};

/** A statement that does much, and undoes as much where it is cut; the next follows at once. */
const much: Habit = async (client, random) => {
  await client.send([{ sql: `UPDATE % crowd.big${client.life.client % 3} SET n = n + 1` }]);
  await client.send([some(random)]);
};

/** A row that many want: who has it keeps it for a while. */
const wantedRow: Habit = async (client, random) => {
  const row = random.below(3);
  await client.send([{ sql: 'BEGIN' }]);
  const from = performance.now();
  const wants = `row ${row}`;
  const sql = random.chance(75)
    ? `UPDATE % crowd.wanted SET n = n + 1 WHERE id = ${row}`
    : `SELECT % n FROM crowd.wanted WHERE id = ${row} ${random.one(['FOR UPDATE', 'LOCK IN SHARE MODE'])}`;
  if ((await client.send([{ sql, wants }], { leaves: true })) === 'whole') {
    client.hold(wants, from);
    await pause(random, 4_000);
    if (random.chance(30)) await client.send([some(random)]);
  }
  await client.send([{ sql: 'ROLLBACK' }], { leaves: false });
};

/** A lock by name. */
const namedLock: Habit = async (client, random) => {
  const name = `crowd ${random.below(2)}`;
  const from = performance.now();
  const [got] = await client.ask(`SELECT % GET_LOCK('${name}', 5)`, `name ${name}`);
  if (String(got) !== '1') return;
  client.hold(`name ${name}`, from);
  await pause(random, 4_500);
  await client.send([{ sql: `DO % RELEASE_LOCK('${name}')` }], { frees: true });
};

const lockTables: Habit = async (client, random) => {
  const from = performance.now();
  if ((await client.send([{ sql: 'LOCK % TABLES crowd.locked WRITE', wants: 'table' }])) !== 'whole') return;
  client.hold('table', from);
  await pause(random, 4_000);
  await client.send([{ sql: 'UNLOCK % TABLES' }], { frees: true });
};

/** Who has read a table keeps its definition as it is until his transaction ends, and who wants to change it holds up all others. */
const definitionLock: Habit = async (client, random) => {
  if (random.chance(40)) {
    await client.send([{ sql: "ALTER % TABLE crowd.meta COMMENT = 'changed'", wants: 'metadata' }]);
    return;
  }
  await client.send([{ sql: 'BEGIN' }]);
  const from = performance.now();
  const step = { sql: 'SELECT % n FROM crowd.meta WHERE id = 0', wants: 'metadata' };
  if ((await client.send([step], { leaves: true })) === 'whole') {
    client.hold('metadata', from);
    await pause(random, 3_000);
  }
  await client.send([{ sql: 'ROLLBACK' }], { leaves: false });
};

/** The lock of a backup, which definitions wait for. */
const backupLock: Habit = async (client, random, { engine }) => {
  const from = performance.now();
  const [lock, unlock, wants] =
    engine === 'mysql'
      ? ['LOCK % INSTANCE FOR BACKUP', 'UNLOCK % INSTANCE', 'backup']
      : ['BACKUP % LOCK crowd.meta', 'BACKUP % UNLOCK', 'metadata'];
  if ((await client.send([{ sql: lock, wants }])) !== 'whole') return;
  client.hold(wants, from);
  await pause(random, 2_000);
  await client.send([{ sql: unlock }], { frees: true });
};

const lockAll: Habit = async (client, random) => {
  const from = performance.now();
  if ((await client.send([{ sql: 'FLUSH % TABLES WITH READ LOCK', wants: 'all' }])) !== 'whole') return;
  client.hold('all', from);
  await pause(random, 700);
  await client.send([{ sql: 'UNLOCK % TABLES' }], { frees: true });
};

/** Ends another client's statement or session, or its own. */
const endOther: Habit = async (client, random) => {
  const living = client.notes.lives.filter(({ gone, leaving }) => Math.min(gone, leaving) === Number.POSITIVE_INFINITY);
  const other = living[random.below(living.length)];
  if (other !== undefined) await client.end(other.id, random.chance(70) ? 'query' : 'connection');
};

const reset: Habit = (client) => client.change(null);
const changeUser: Habit = async (client, random, { logins }) => {
  const login = logins[random.below(logins.length)] ?? logins[0];
  // The driver takes no user for the one of before.
  if (login.user !== '') await client.change(login);
};

const leave: Habit = (client, random) => client.leave(random.chance(60));

const NO_OCEANBASE: readonly Engine[] = ['oceanbase'];

/** Everything that clients do, with how often; what an engine does not know is left out there. */
export const HABITS: readonly {
  readonly name: string;
  readonly weight: number;
  readonly habit: Habit;
  readonly not?: readonly Engine[];
}[] = [
  { name: 'autocommit', weight: 4, habit: autocommit },
  { name: 'binary protocol', weight: 3, habit: binary },
  { name: 'prepared in words', weight: 2, habit: prepared },
  { name: 'load data', weight: 1, habit: loadData },
  { name: 'scheduled event', weight: 2, habit: scheduledEvent, not: NO_OCEANBASE },
  { name: 'role', weight: 1, habit: role, not: NO_OCEANBASE },
  { name: 'packet', weight: 4, habit: packet },
  { name: 'burst', weight: 12, habit: burst, not: ['mysql', 'mariadb'] },
  { name: 'naps', weight: 7, habit: naps, not: NO_OCEANBASE },
  { name: 'begin', weight: 4, habit: begin },
  { name: 'autocommit off', weight: 2, habit: autocommitOff },
  { name: 'again', weight: 3, habit: again },
  { name: 'xa', weight: 1, habit: xa, not: NO_OCEANBASE },
  { name: 'procedure', weight: 1, habit: procedure },
  { name: 'without a result', weight: 1, habit: mute },
  { name: 'spared by its text', weight: 3, habit: spared },
  { name: 'settings', weight: 2, habit: settings },
  { name: 'temporary table', weight: 1, habit: temporaryTable, not: NO_OCEANBASE },
  { name: 'definition', weight: 1, habit: definition },
  { name: 'much', weight: 1, habit: much },
  { name: 'wanted row', weight: 4, habit: wantedRow },
  { name: 'named lock', weight: 2, habit: namedLock },
  { name: 'lock tables', weight: 2, habit: lockTables, not: NO_OCEANBASE },
  { name: 'lock of a definition', weight: 3, habit: definitionLock, not: NO_OCEANBASE },
  { name: 'lock of a backup', weight: 1, habit: backupLock, not: NO_OCEANBASE },
  { name: 'lock all', weight: 1, habit: lockAll, not: NO_OCEANBASE },
  { name: 'end another', weight: 1, habit: endOther },
  { name: 'reset', weight: 1, habit: reset },
  { name: 'change user', weight: 1, habit: changeUser, not: NO_OCEANBASE },
  { name: 'leave', weight: 1, habit: leave },
];

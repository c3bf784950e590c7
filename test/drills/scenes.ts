import type { RowDataPacket } from 'mysql2/promise';
import { rowOf } from '../console/browser.ts';
import { Client, endListed, LOCK_PLUGIN, urlAs } from '../engines/a-server.ts';
import type { EngineName } from '../engines/engine-status.ts';
import { openReplica } from '../engines/replica.ts';
import { type ChatHands, type ConsoleHands, type TerminalHands, textOf } from './hands.ts';

/** Something that goes wrong on a server, and how people relieve it. */
export interface Scene {
  readonly title: string;
  readonly engines: readonly EngineName[];
  /** Makes it go wrong. */
  set(stage: Stage): Promise<Trouble>;
}

/** What is wrong, and each way out of it. */
export interface Trouble {
  chat(hands: ChatHands): Promise<unknown>;
  terminal(hands: TerminalHands): Promise<unknown>;
  console(hands: ConsoleHands): Promise<unknown>;
  /** Whom the console takes for its user; the operator if not given. */
  readonly as?: string;
  /** Resolves once it is over; rejects where what should have lived was ended. */
  relieved(): Promise<unknown>;
}

const WEB = 'warden_d_web';
const OTHERS = ['warden_d_api', 'warden_d_job'] as const;
const ALL: readonly EngineName[] = ['oceanbase', 'mysql', 'mariadb'];
const MYSQLS: readonly EngineName[] = ['mysql', 'mariadb'];

/** One server, prepared, and the sessions that a scene opens on it. */
export class Stage {
  readonly url: string;
  readonly root: Client;
  readonly #clients: Client[] = [];
  readonly #replicas: { close(): void }[] = [];
  readonly #installed = new Set<string>();
  #most = 0;

  private constructor(url: string, root: Client) {
    this.url = url;
    this.root = root;
  }

  static async build(url: string, engine: EngineName): Promise<Stage> {
    const stage = new Stage(url, await Client.open(url));
    const { connection } = stage.root;
    await connection.query('CREATE DATABASE IF NOT EXISTS warden_drill');
    await connection.query('CREATE TABLE IF NOT EXISTS warden_drill.t (id INT PRIMARY KEY, v INT, pad VARCHAR(200))');
    await connection.query('INSERT IGNORE INTO warden_drill.t VALUES (1, 1, NULL), (2, 2, NULL)');
    for (const user of [WEB, ...OTHERS]) {
      await connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY 'pw'`);
      await connection.query(`GRANT ALL ON warden_drill.* TO ${user}`);
    }
    await connection.query(`GRANT ${engine === 'mysql' ? 'FLUSH_TABLES' : 'RELOAD'} ON *.* TO ${WEB}`).catch(() => {});
    stage.#most = Number((await stage.ask('SELECT @@max_connections AS n'))?.['n']);
    return stage;
  }

  async ask(sql: string): Promise<RowDataPacket | undefined> {
    return (await this.root.connection.query<RowDataPacket[]>(sql))[0][0];
  }

  async open(user: string = WEB): Promise<Client> {
    const client = await Client.open(urlAs(this.url, user, 'pw'));
    client.connection.on('error', () => {});
    this.#clients.push(client);
    return client;
  }

  async openMany(count: number, user: string): Promise<readonly Client[]> {
    const opened: Client[] = [];
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) opened.push(await this.open(user));
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    return opened;
  }

  /** Lets the server allow so many connections more than it has. */
  async allow(more: number): Promise<void> {
    const used = Number((await this.ask('SELECT COUNT(*) AS n FROM information_schema.processlist'))?.['n']);
    await this.root.connection.query(`SET GLOBAL max_connections = ${used + more}`);
  }

  async replica(): Promise<string> {
    const one = await openReplica(this.url);
    this.#replicas.push(one);
    return one.id;
  }

  /** Until the stage is struck; where it was there before, or is not to be had, it stays so. */
  async install(plugin: string): Promise<void> {
    if ((await this.root.run(`INSTALL ${plugin}`)) === 0) this.#installed.add(plugin);
  }

  /** Ends what a scene has left. */
  async clear(): Promise<void> {
    for (const one of [...this.#clients.splice(0), ...this.#replicas.splice(0)]) one.close();
    await this.root.connection.query(`SET GLOBAL max_connections = ${this.#most}`);
    await endListed(this.root, "USER LIKE 'warden\\_d\\_%'");
  }

  async strike(): Promise<void> {
    await this.clear();
    await this.root.connection.query('DROP DATABASE warden_drill');
    for (const user of [WEB, ...OTHERS]) await this.root.connection.query(`DROP USER ${user}`);
    for (const plugin of this.#installed) await this.root.connection.query(`UNINSTALL ${plugin}`);
    this.root.close();
  }
}

/** Waits until a server answers so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Sessions that wait in the background; who waits is seen by the server before anybody is called. */
async function waits(
  stage: Stage,
  sql: string,
  sign: string,
): Promise<{ readonly client: Client; readonly end: Promise<number> }> {
  const client = await stage.open();
  const end = client.run(sql);
  await until(async () => {
    const row = await stage.ask(
      `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE ID = ${client.id} AND INFO LIKE '%${sign}%'`,
    );
    return Number(row?.['n']) > 0;
  });
  // It is listed a moment before it waits.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { client, end };
}

const mustSay = (text: string, words: RegExp): void => {
  if (!words.test(text)) throw new Error(`it says ${JSON.stringify(text)}, and nothing like ${words}`);
};

/** Picks the row of a session, and ends it or cancels its statement by a key and Enter. */
async function byRow(hands: ConsoleHands, id: string, key: 'c' | 'k', says: RegExp): Promise<void> {
  await hands.press(rowOf(hands.page, id).getByRole('checkbox'));
  await hands.key(key);
  await hands.key('Enter');
  await hands.told(says);
}

/** Ends those of a user who sleep, by what stands beside the table. */
async function byGroup(hands: ConsoleHands, count: RegExp): Promise<void> {
  await hands.filter(`user=${WEB} idle>2s`);
  await hands.press(hands.page.getByRole('button', { name: 'End idle …' }));
  const end = hands.page.getByRole('dialog').getByRole('button', { name: count });
  await hands.press(end);
  await hands.page.getByRole('dialog', { name: 'What became of them' }).waitFor();
}

const asRoot = (id: string) => ({
  console: async (hands: ConsoleHands) => {
    await hands.key('2');
    await hands.press(hands.page.getByRole('button', { name: `End ${id} …` }));
    await hands.key('Enter');
    await hands.told(/^(?:1 ended|1 being ended)/);
  },
  chat: async (hands: ChatHands) => {
    const alert = await hands.alert();
    const question = await hands.press(alert, 'End session', id);
    mustSay(textOf(await hands.press(question, 'Yes')), /was ended|still rolling back/);
  },
  terminal: async (hands: TerminalHands) => {
    const { text } = await hands.warden('blockers');
    mustSay(text, new RegExp(`\\b${id}\\b`));
    mustSay((await hands.warden('kill', id)).text, /terminated|pending/);
  },
});

/** One session holds what another waits for; once it is ended the other gets it. */
const lock = (
  title: string,
  engines: readonly EngineName[],
  hold: readonly string[],
  wait: string,
  before?: (stage: Stage) => Promise<unknown>,
): Scene => ({
  title,
  engines,
  set: async (stage) => {
    await before?.(stage);
    const holder = await stage.open();
    for (const sql of hold) await holder.connection.query(sql);
    const waiter = await waits(stage, wait, 'warden_drill');
    return {
      ...asRoot(holder.id),
      relieved: async () => {
        const code = await waiter.end;
        if (code !== 0) throw new Error(`who waited got ${code}`);
      },
    };
  },
});

const full = (title: string, room: number): Scene => ({
  title,
  engines: ALL,
  set: async (stage) => {
    const bystander = await stage.open(OTHERS[0]);
    await stage.allow(20 + room);
    const room0 = await stage.openMany(20, WEB);
    if (room === 0)
      for (let refused = false; !refused; )
        refused = await stage.open(WEB).then(
          () => false,
          () => true,
        );
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    return {
      chat: async (hands) => {
        mustSay(textOf(await hands.alert()), new RegExp(`\\d+ +\\d+ .*${WEB}`));
        const preview = await hands.type(`end local user=${WEB} idle=2s because the pool is full`);
        mustSay(textOf(await hands.press(preview, 'End these')), /\d+ of \d+ sessions ended/);
      },
      terminal: async (hands) => {
        mustSay((await hands.warden('top')).text, new RegExp(WEB));
        const ended = await hands.warden(
          'kill',
          '--user',
          WEB,
          '--idle',
          '2s',
          '--reason',
          'the pool is full',
          '--yes',
        );
        mustSay(ended.text, /terminated/);
      },
      console: (hands) => byGroup(hands, /^End \d+ sessions$/),
      relieved: async () => {
        await until(async () => (await stage.open(WEB).catch(() => undefined)) !== undefined);
        if (!(await bystander.isAlive())) throw new Error('another application was ended');
        if (await room0[0]?.isAlive()) throw new Error('a sleeper lives');
      },
    };
  },
});

/** Sessions of each of three applications. */
const SLEEPERS = process.env['DRILLS_FULL'] ? 834 : 120;

/** Every scene, in the order of the table. */
export const SCENES: readonly Scene[] = [
  full('nearly full of sleepers', 5),
  full('full, but for the slot that the server reserves', 0),
  {
    title: 'a runaway statement',
    engines: ALL,
    set: async (stage) => {
      const runaway = await waits(stage, "SELECT SLEEP(100), 'warden_drill' AS s", 'warden_drill');
      return {
        chat: async (hands) => {
          const question = await hands.press(await hands.alert(), 'Cancel query', runaway.client.id);
          mustSay(textOf(await hands.press(question, 'Yes')), /statement was canceled/);
        },
        terminal: async (hands) => {
          mustSay((await hands.warden('sessions', '--command', 'Query')).text, new RegExp(runaway.client.id));
          mustSay((await hands.warden('cancel', runaway.client.id)).text, /query-cancelled/);
        },
        console: (hands) => byRow(hands, runaway.client.id, 'c', /^1 statement cancelled$/),
        relieved: async () => {
          await runaway.end;
          if (!(await runaway.client.isAlive())) throw new Error('its session was ended with it');
        },
      };
    },
  },
  lock(
    'a row that an idle transaction holds',
    ALL,
    ['BEGIN', 'UPDATE warden_drill.t SET v = 9 WHERE id = 1'],
    'UPDATE warden_drill.t SET v = 8 WHERE id = 1',
  ),
  lock(
    'a metadata lock',
    MYSQLS,
    ['BEGIN', 'SELECT * FROM warden_drill.t'],
    "ALTER TABLE warden_drill.t COMMENT = 'drill'",
    withPlugin,
  ),
  lock(
    'FLUSH TABLES WITH READ LOCK',
    MYSQLS,
    ['FLUSH TABLES WITH READ LOCK'],
    'INSERT INTO warden_drill.t VALUES (10, 10, NULL) ON DUPLICATE KEY UPDATE v = 1',
    withPlugin,
  ),
  {
    title: `${SLEEPERS * 3} sleepers of three applications, one of them ended`,
    engines: ALL,
    set: async (stage) => {
      await stage.allow(SLEEPERS * 3 + 20);
      const mine = await stage.openMany(SLEEPERS, WEB);
      const others = [];
      for (const user of OTHERS) others.push(...(await stage.openMany(SLEEPERS, user)));
      await new Promise((resolve) => setTimeout(resolve, 2_200));
      return {
        chat: async (hands) => {
          const preview = await hands.type(`end local user=${WEB} idle=2s`);
          const ended = new RegExp(`${mine.length} of ${mine.length} sessions ended`);
          mustSay(textOf(await hands.press(preview, `End these ${mine.length}`)), ended);
        },
        terminal: async (hands) => {
          const ended = await hands.warden('kill', '--user', WEB, '--idle', '2s', '--yes');
          if (ended.code !== 0) throw new Error(ended.text);
        },
        console: (hands) => byGroup(hands, new RegExp(`^End ${mine.length} sessions$`)),
        relieved: async () => {
          const left = await stage.ask(
            "SELECT SUM(USER = 'warden_d_web') AS web, COUNT(*) AS n FROM information_schema.processlist WHERE USER LIKE 'warden\\_d\\_%'",
          );
          if (Number(left?.['n']) !== others.length || Number(left?.['web']) !== 0)
            throw new Error(`${left?.['web']} of ${left?.['n']} are left`);
        },
      };
    },
  },
  {
    title: 'a long rollback',
    engines: MYSQLS,
    set: async (stage) => {
      const writer = await stage.open();
      await writer.connection.query('BEGIN');
      await writer.connection.query("INSERT INTO warden_drill.t SELECT 100, 1, REPEAT('x', 200)");
      for (let n = 1; n <= 2 ** 15; n *= 2)
        await writer.connection.query(
          `INSERT INTO warden_drill.t SELECT id + ${n}, v, pad FROM warden_drill.t WHERE id >= 100 AND id < ${100 + n}`,
        );
      return {
        chat: async (hands) => {
          const question = await hands.type(`kill local ${writer.id} it holds the table`);
          mustSay(textOf(await hands.press(question, 'Yes')), /was ended|still rolling back/);
        },
        terminal: async (hands) => mustSay((await hands.warden('kill', writer.id)).text, /terminated|pending/),
        console: (hands) => byRow(hands, writer.id, 'k', /^(?:1 ended|1 being ended)/),
        relieved: () =>
          until(
            async () => Number((await stage.ask('SELECT COUNT(*) AS n FROM warden_drill.t FOR UPDATE'))?.['n']) < 100,
          ),
      };
    },
  },
  {
    title: "a replica's dump thread (refused)",
    // Of the servers here it alone writes a binary log.
    engines: ['mysql'],
    set: async (stage) => {
      const id = await stage.replica();
      return {
        chat: async (hands) => {
          mustSay(textOf(await hands.type(`kill local ${id}`)), /protected/i);
          if (hands.services.audit.records.at(-1)?.outcome !== 'refused') throw new Error('it is not on record');
        },
        terminal: async (hands) => {
          const refused = await hands.warden('kill', id);
          if (refused.code !== 1) throw new Error(`exit code ${refused.code}`);
          mustSay(refused.text, /protected/i);
        },
        console: async (hands) => {
          await hands.press(rowOf(hands.page, id).getByRole('checkbox'));
          await hands.key('k');
          await hands.told(/^left alone: is protected$/);
        },
        relieved: () =>
          until(
            async () =>
              Number(
                (await stage.ask(`SELECT COUNT(*) AS n FROM information_schema.processlist WHERE ID = ${id}`))?.['n'],
              ) === 1,
          ),
      };
    },
  },
  {
    title: 'the wrong person tries (refused, on record)',
    engines: ALL,
    set: async (stage) => {
      const session = await stage.open();
      return {
        chat: async (hands) => {
          mustSay(textOf(await hands.type(`kill local ${session.id}`, 'U0LINUS')), /may not/i);
          const record = hands.services.audit.records.at(-1);
          if (record?.outcome !== 'refused' || record.principal.subject !== 'linus')
            throw new Error('it is not on record');
        },
        terminal: async (hands) => {
          const refused = await hands.warden('kill', session.id, '--as', 'linus:looker');
          if (refused.code !== 1) throw new Error(`exit code ${refused.code}: ${refused.text}`);
          const record = await hands.warden('audit', '--principal', 'linus');
          mustSay(record.text, /refused/);
        },
        as: '{"sub":"linus","groups":["looker"]}',
        console: async (hands) => {
          await byRow(hands, session.id, 'k', /^1 (?:refused|not yours to end)$/);
          const record = hands.services.audit.records.at(-1);
          if (record?.outcome !== 'refused' || record.principal.subject !== 'linus')
            throw new Error('it is not on record');
        },
        relieved: async () => {
          if (!(await session.isAlive())) throw new Error('it was ended');
        },
      };
    },
  },
];

/** MariaDB tells who holds locks of the server through a plugin that health asks for. */
async function withPlugin(stage: Stage): Promise<void> {
  if (/mariadb/i.test(String((await stage.ask('SELECT VERSION() AS v'))?.['v']))) await stage.install(LOCK_PLUGIN);
}

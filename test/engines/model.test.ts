import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SessionId, sessionId } from '../../lib/sessions/session.ts';
import { ENGINES, type EngineModel } from '../simulation/engines.ts';
import { playOnModel } from '../simulation/model-ground.ts';
import {
  type Ended,
  type Ground,
  type Guest,
  type Observation,
  SCRIPTS,
  type Script,
} from '../simulation/same-scripts.ts';
import { Client, leave, servicesFor, urlAs } from './a-server.ts';
import { KERNEL_4_3_5, type Mode, modes } from './modes.ts';

// Several rows: MySQL ends a cut SLEEP of one as if nothing had been.
const LONG = 'SLEEP(0.2) FROM (SELECT 1 UNION ALL SELECT 2) r';
const CUT = [1317, 5065];
const ROWS = 20_000;

/** A client of a real server. */
class RealGuest implements Guest {
  readonly id: SessionId;
  readonly #client: Client;
  #running: Promise<number> = Promise.resolve(0);

  constructor(client: Client) {
    this.#client = client;
    this.id = sessionId(client.id);
  }
  async #run(...statements: readonly string[]): Promise<void> {
    for (const sql of statements) await this.#client.connection.query(sql);
  }
  begin(): Promise<void> {
    return this.#run('BEGIN', 'UPDATE same_scripts.t SET n = n + 1 WHERE id = 1');
  }
  commit(): Promise<void> {
    return this.#run('COMMIT');
  }
  async start(word: string): Promise<void> {
    this.#running = this.#client.run(`SELECT /* ${word} */ ${LONG}`);
  }
  async startMuch(): Promise<void> {
    this.#running = this.#client.run('UPDATE same_scripts.t SET n = n + 1');
  }
  doMuch(): Promise<void> {
    return this.#run('BEGIN', 'UPDATE same_scripts.t SET n = n + 1');
  }
  async ended(): Promise<Ended> {
    const error = await this.#running;
    return error === 0 ? 'itself' : CUT.includes(error) ? 'cut' : 'session';
  }
  async leave(): Promise<void> {
    await this.#client.connection.end();
  }
}

async function playOnServer(
  url: string,
  admin: string,
  service: string,
  { play }: Script,
): Promise<readonly Observation[]> {
  const database = await servicesFor(service).open({ name: 'local' });
  const clients: Client[] = [];
  const ground: Ground = {
    database,
    connect: async () => {
      const client = await Client.open(url);
      client.connection.on('error', () => {});
      clients.push(client);
      return new RealGuest(client);
    },
    pause: (milliseconds) => sleep(milliseconds),
  };
  try {
    return await play(ground);
  } finally {
    await leave(admin, clients);
    await database.close();
  }
}

const modelOf = (name: string): EngineModel => ENGINES.find((one) => one.name === name) ?? ENGINES[0];

/** Which model stands for a server that is set up so. */
function modelFor({ name, title, isApproximate }: Mode): EngineModel {
  // Of a cluster it has the views, and one node.
  if (title === KERNEL_4_3_5) return { ...modelOf('oceanbase cluster'), hasNodes: false };
  if (name === 'oceanbase') return modelOf('oceanbase kernel');
  if (title === 'mysql with the least grants') return modelOf('mysql, least grants');
  return modelOf(isApproximate ? 'mysql without performance_schema' : name);
}

const BARE = 'warden_bare';
/** Each server with the model that stands for it; one account sees its own sessions alone. */
const GROUNDS = (await modes())
  .filter(({ title }) => !title.includes('odd settings'))
  .flatMap((mode) => {
    const { title, url = '', service = '' } = mode;
    const usual = { title, url, service, admin: url, model: modelFor(mode) };
    if (title !== 'mysql') return [usual];
    const bare = url && urlAs(url, BARE, 'pw');
    return [
      usual,
      { title: 'mysql, barest account', url: bare, service: bare, admin: url, model: modelOf('mysql, barest account') },
    ];
  });

describe.each(GROUNDS)('the model of $title', ({ url, service, admin, model }) => {
  const asAdmin = async (...statements: readonly string[]): Promise<void> => {
    if (!admin) return;
    const root = await createConnection(admin);
    await root.query('SET SESSION sql_select_limit = 1000000, SESSION autocommit = 1');
    for (const sql of statements) await root.query(sql);
    await root.end();
  };
  beforeAll(() =>
    asAdmin(
      'CREATE DATABASE IF NOT EXISTS same_scripts',
      'CREATE TABLE IF NOT EXISTS same_scripts.t (id INT PRIMARY KEY, n INT)',
      `REPLACE INTO same_scripts.t VALUES ${Array.from({ length: ROWS }, (_, id) => `(${id}, 0)`).join(', ')}`,
      ...(service.includes(BARE)
        ? [`CREATE USER IF NOT EXISTS ${BARE} IDENTIFIED BY 'pw'`, `GRANT ALL ON same_scripts.* TO ${BARE}`]
        : []),
    ),
  );
  afterAll(() =>
    asAdmin('DROP DATABASE IF EXISTS same_scripts', ...(service.includes(BARE) ? [`DROP USER IF EXISTS ${BARE}`] : [])),
  );

  it.skipIf(!url).each(SCRIPTS)('behaves as the server does where $name', async (script) => {
    const [real, modelled] = [await playOnServer(url, admin, service, script), await playOnModel(model, script)];
    // What a server needs a moment for may be over before it is looked at: all of it, or all but the session itself.
    const over = modelled.map((one) =>
      typeof one === 'object' && 'lingering' in one ? { ...one, lingering: false } : one,
    );
    const isMissed = script.mayMiss && (real.every((one) => one === 'nowhere') || isDeepStrictEqual(real, over));
    if (!isMissed) expect(real).toEqual(modelled);
  });
});

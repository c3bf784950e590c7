import { Worker } from 'node:worker_threads';
import { createConnection } from 'mysql2/promise';
import { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
import { parseConfig } from '../../lib/config/config.ts';
import { workOff } from '../../lib/fleet/work-batch.ts';
import { createServices } from '../../lib/services.ts';
import { createDynamoDbStopStore } from '../../lib/state/dynamodb-stop-store.ts';
import { AUDIT_TABLE, STATE_TABLE } from '../../lib/state/tables.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { createTable } from '../aws/create-table.ts';
import type { DynamoDbLocal } from '../aws/dynamodb-local.ts';
import { openIdleSessions } from '../bench/idle-sessions.ts';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { startEngine } from '../engines/servers.ts';
import { countUnits, type Units } from './count-units.ts';
import type { Measured, Run } from './measured.ts';

/** Milliseconds to a database in the same region, and back. */
export const ROUND_TRIP_MS = 1;
/** Sessions that a busy run ends. */
export const VICTIMS = 5;
const [WARM_UP, QUIET, BUSY] = [20, 200, 60];
const OTHERS = 50;
const [USER, OTHER] = ['warden_sim', 'warden_sim_other'];
const CONFIG = `reapers:
  - { name: idle, every: 1m, targets: ['*'], kill: connection, match: { user: ${USER}, command: Sleep }, victims: all, mode: enforce }
`;
const as = (url: string, user: string) => Object.assign(new URL(url), { username: user, password: 'pw' }).href;

/** Runs the worker on real servers, with the real stop and a real record, on the engines that this machine has. */
export async function measureFleet(dynamodb: DynamoDbLocal): Promise<Measured['engines']> {
  const units = countUnits(dynamodb.client);
  const state = await createTable(dynamodb.client, 'simulate-state', STATE_TABLE);
  const record = await createTable(dynamodb.client, 'simulate-audit', AUDIT_TABLE);
  const measured: Measured['engines'] = [];
  for (const name of ENGINE_NAMES) {
    const engine = await startEngine(name);
    if (engine.url === undefined) {
      console.log(`${name}: ${engine.reason}`);
      continue;
    }
    try {
      const runs = await measureEngine(engine.url, dynamodb, units, { state, record });
      measured.push({ engine: name, ...runs });
    } finally {
      await engine.stop();
    }
  }
  return measured;
}

async function measureEngine(
  url: string,
  { client }: DynamoDbLocal,
  units: Units,
  tables: { readonly state: string; readonly record: string },
): Promise<{ quiet: Run[]; busy: Run[] }> {
  const root = await createConnection(url);
  for (const user of [USER, OTHER]) {
    await root.query(`DROP USER IF EXISTS ${user}`);
    await root.query(`CREATE USER ${user} IDENTIFIED BY 'pw'`);
  }
  const door = new Worker(new URL('../bench/slow-door.ts', import.meta.url), {
    workerData: { to: Number(new URL(url).port), delay: ROUND_TRIP_MS / 2 },
  });
  const port = await new Promise<number>((resolve) => door.once('message', resolve));
  const others = await openIdleSessions(as(url, OTHER), OTHERS, url);
  const directory = createUrlDirectory(new Map([['local', Object.assign(new URL(url), { port: String(port) }).href]]));
  const audit = createDynamoDbAuditStore({ client, table: tables.record });
  const stops = createDynamoDbStopStore({ client, table: tables.state });
  const services = createServices(parseConfig(CONFIG, 'simulate'), directory, audit, undefined, stops);
  let turn = 0;
  const run = async (): Promise<Run> => {
    units.take();
    const dueAt = new Date(Date.now() + turn++).toISOString();
    const order = { target: 'local', reaper: 'idle', dueAt, planId: `${dueAt.slice(0, 16)}Z` };
    const [before, processor] = [performance.now(), process.cpuUsage()];
    const { end } = await workOff(services, order, { messageId: `simulate-${turn}`, receives: 1 });
    const took = performance.now() - before;
    const { user, system } = process.cpuUsage(processor);
    if (end !== 'done') throw new Error(`a run ended as ${end}`);
    return { took: rounded(took), cpu: rounded((user + system) / 1000), ...units.take() };
  };
  try {
    for (let count = 0; count < WARM_UP; count++) await run();
    const quiet: Run[] = [];
    while (quiet.length < QUIET) quiet.push(await run());
    const busy: Run[] = [];
    while (busy.length < BUSY) {
      const victims = await openIdleSessions(as(url, USER), VICTIMS, url);
      busy.push(await run());
      await victims.close();
    }
    return { quiet, busy };
  } finally {
    await others.close();
    await door.terminate();
    for (const user of [USER, OTHER]) await root.query(`DROP USER IF EXISTS ${user}`);
    root.destroy();
  }
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 100) / 100;

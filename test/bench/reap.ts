import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createConnection } from 'mysql2/promise';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { startEngine } from '../engines/servers.ts';
import { openIdleSessions } from './idle-sessions.ts';
import { table, writeReport } from './report.ts';

const VICTIMS = 2_000;
const ONE_WAY_MS = 2.5;
const USER = 'warden_bench';
const at = (url: string, port: number): string => Object.assign(new URL(url), { port: String(port) }).href;
const portOf = (url: string): number => Number(new URL(url).port);

/** Milliseconds from the first to the last of these connections to close; 0 before any has. */
async function closings(
  count: number,
  sockets: readonly NodeJS.EventEmitter[],
): Promise<{ first: number; last: number }> {
  return new Promise((resolve) => {
    let closed = 0;
    let first = 0;
    for (const socket of sockets)
      socket.once('close', () => {
        closed++;
        if (closed === 1) first = performance.now();
        if (closed === count) resolve({ first, last: performance.now() });
      });
  });
}

async function ours(url: string): Promise<number> {
  const worker = new URL('./reap-worker.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    worker,
    url,
    USER,
  ]);
  const { took, ended } = JSON.parse(stdout) as { took: number; ended: number };
  if (ended !== VICTIMS) throw new Error(`${ended} of ${VICTIMS} ended`);
  return took;
}

/** pt-kill's time from its first kill on: its start, which takes longer, does not count. */
async function theirs(url: string, done: Promise<{ first: number; last: number }>): Promise<number> {
  const { hostname, port, username, password } = new URL(url);
  const login = ['--user', username, ...(password === '' ? [] : ['--password', password])];
  const server = ['--host', hostname, '--port', port, ...login];
  const rule = [
    '--match-user',
    USER,
    '--match-command',
    'Sleep',
    '--victims',
    'all',
    '--kill',
    '--no-version-check',
    '--interval',
    '1',
  ];
  const child = spawn('pt-kill', [...server, ...rule], { stdio: ['ignore', 'ignore', 'inherit'] });
  const { first, last } = await done;
  child.kill('SIGKILL');
  return last - first;
}

async function pair(direct: string, through: string): Promise<{ ours: number; theirs: number }> {
  const run = async (work: (done: Promise<{ first: number; last: number }>) => Promise<number>): Promise<number> => {
    const idle = await openIdleSessions(
      Object.assign(new URL(direct), { username: USER, password: 'pw' }).href,
      VICTIMS,
      direct,
    );
    const sockets = idle.connections.map(
      (connection) => (connection as unknown as { connection: { stream: NodeJS.EventEmitter } }).connection.stream,
    );
    try {
      return await work(closings(VICTIMS, sockets));
    } finally {
      await idle.close();
    }
  };
  return {
    ours: await run(async (done) => {
      const took = await ours(through);
      await done;
      return took;
    }),
    theirs: await run((done) => theirs(through, done)),
  };
}

/** Ends 2,000 idle sessions, compared, verified and on record, beside pt-kill on 2,000 more; at loopback and behind 5 ms. */
export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const name of ENGINE_NAMES) {
    const engine = await startEngine(name);
    const { url } = engine;
    if (url === undefined) {
      console.log(`${name}: ${engine.reason}`);
      continue;
    }
    const root = await createConnection(url);
    await root.query(`CREATE USER IF NOT EXISTS ${USER} IDENTIFIED BY 'pw'`);
    const worker = new Worker(new URL('./slow-door.ts', import.meta.url), {
      workerData: { to: portOf(url), delay: ONE_WAY_MS },
    });
    const slow = await new Promise<number>((resolve) => worker.once('message', resolve));
    try {
      for (const [where, through] of [
        ['loopback', url],
        ['5 ms away', at(url, slow)],
      ] as const) {
        const took = await pair(url, through);
        rows.push([
          name,
          where,
          `${(took.ours / took.theirs).toFixed(2)}×`,
          `${Math.round(took.ours)} ms`,
          `${Math.round(took.theirs)} ms`,
        ]);
        console.log(rows.at(-1)?.join(' '));
      }
    } finally {
      await root.query(`DROP USER ${USER}`);
      root.destroy();
      await worker.terminate();
      await engine.stop();
    }
  }
  const note = `${VICTIMS} idle sessions each. Ours: from the call of a reaper to its report, connecting, listing, comparing on the server, verifying and a durable record of intent and outcome included. pt-kill: from its first kill to its last, its start and its listing left out.`;
  await writeReport(
    'reap',
    'Reaping',
    `${note}\n\n${table(['engine', 'server', 'ours / pt-kill', 'ours', 'pt-kill'], rows)}`,
  );
}

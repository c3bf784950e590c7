import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BenchServer } from './bench-server.ts';
import { bundleCommand, inFolder } from './bundles.ts';
import { alternating, type Measured } from './figures.ts';
import { BENCH_USER, besideIdle } from './idle-sessions.ts';
import { ptKillVersion, startPtKill } from './pt-kill.ts';

const ONE_WAY_MS = 2.5;
const RULE = ['--match-user', BENCH_USER, '--match-command', 'Sleep', '--victims', 'all', '--kill', '--interval', '1'];
const CONFIG = `timeouts: { overall: 25 }
access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
limits: { killsPerMinute: 100000 }
reapers:
  - { name: bench, targets: ['*'], kill: connection, match: { user: ${BENCH_USER}, command: Sleep }, victims: all, mode: enforce, limits: { perRun: 10000 } }
`;

/** Milliseconds of one run that ended all sessions. */
interface Run {
  /** From the first look at the process list to the last client closed. */
  readonly span: number;
  /** From the first look until its user has the report; pt-kill gives none, and is done with the last client. */
  readonly report: number;
  /** From the start of the process: ours to its end with the report, pt-kill's to the last client closed. */
  readonly whole: number;
}

/** How many sessions are to be ended, in how many pairs of runs, and how far away the server is. */
export interface ReapBench {
  readonly pairs: number;
  readonly victims: number;
  /** Behind a door that holds everything back for 2.5 ms, each way. */
  readonly isFar: boolean;
}

const readLook = async (file: string): Promise<number> => {
  const look = Number(await readFile(file, 'utf8'));
  await rm(file);
  return look;
};

/** The command as the package brings it, with its record on disk. */
async function ours(bundle: string, url: string, folder: string, allClosed: Promise<number>): Promise<Run> {
  const file = join(folder, 'look');
  const env = {
    ...process.env,
    DATABASE_URL: url,
    AUDIT_FILE: join(folder, 'audit.sqlite'),
    WARDEN_CONFIG: join(folder, 'warden.yaml'),
    FIRST_LOOK: file,
  };
  const args = ['--disable-warning=ExperimentalWarning', bundle, 'reap', 'bench', '--enforce', '--json'];
  const start = Date.now();
  const child = spawn(process.execPath, args, { env, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  const end = Date.now();
  if (code !== 0) throw new Error(`warden reap ended with ${code}`);
  const look = await readLook(file);
  return { span: (await allClosed) - look, report: end - look, whole: end - start };
}

async function theirs(url: string, folder: string, allClosed: Promise<number>): Promise<Run> {
  const file = join(folder, 'look');
  const start = Date.now();
  const child = startPtKill(url, RULE, file);
  const end = await allClosed;
  child.kill('SIGKILL');
  const span = end - (await readLook(file));
  return { span, report: span, whole: end - start };
}

async function throughDoor<Result>(url: string, work: (url: string) => Promise<Result>): Promise<Result> {
  const { port } = new URL(url);
  const worker = new Worker(new URL('./slow-door.ts', import.meta.url), {
    workerData: { to: Number(port), delay: ONE_WAY_MS },
  });
  try {
    const [door] = await once(worker, 'message');
    return await work(Object.assign(new URL(url), { port: String(door) }).href);
  } finally {
    await worker.terminate();
  }
}

/**
 * Ends idle sessions by `warden reap`, compared on the server, verified and on record, and as many by pt-kill. Both are
 * counted by one clock: that of the process that holds the sessions.
 */
export async function benchReap(
  { url, server }: BenchServer,
  { pairs, victims, isFar }: ReapBench,
): Promise<readonly Measured[]> {
  const peer = await ptKillVersion();
  const taken = await inFolder(async (folder) => {
    await writeFile(join(folder, 'warden.yaml'), CONFIG);
    const bundle = await bundleCommand(folder, ['test/bench/first-look.ts']);
    const inPairs = (through: string) =>
      alternating(
        pairs,
        () => besideIdle(url, victims, (allClosed) => ours(bundle, through, folder, allClosed)),
        () => besideIdle(url, victims, (allClosed) => theirs(through, folder, allClosed)),
      );
    return isFar ? throughDoor(url, inPairs) : inPairs(url);
  });
  const figure = (what: string, of: keyof Run, ratio: number | null): Measured => ({
    what: `reap ${victims.toLocaleString('en')} idle${isFar ? ' behind 5 ms' : ''}: ${what}`,
    server,
    peer,
    ours: taken.ours.map((run) => run[of]),
    theirs: taken.theirs.map((run) => run[of]),
    aim: ratio === null ? null : { ratio },
  });
  return [
    figure('first look to last client closed', 'span', isFar ? 0.1 : aimOn(server)),
    { ...figure('first look to report', 'report', null), isDetail: true },
    figure('the whole process', 'whole', null),
  ];
}

function aimOn(server: string): number {
  if (server.startsWith('MariaDB')) return 0.7;
  return server.startsWith('MySQL') ? 0.95 : 0.8;
}

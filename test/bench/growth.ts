import type { BenchServer } from './bench-server.ts';
import { bundleWorker, inFolder } from './bundles.ts';
import { circumstances } from './figures.ts';
import { besideIdle } from './idle-sessions.ts';
import { LOOKED, look } from './looks.ts';
import { magnifyingDoor } from './magnifying-door.ts';
import { onePtKillLook } from './pt-kill.ts';
import { median, table } from './report.ts';

/** What is looked at, ours first. */
export const GROWING = {
  list: 'every session, as a reaper reads them',
  page: 'one page of 500',
  blockers: 'blockers',
  reaper: 'a reaper’s look that takes nobody',
  'pt-kill': 'pt-kill’s look with the same rule',
  raw: 'SHOW FULL PROCESSLIST by mysql2',
} as const;

/** One of {@link GROWING}. */
export type Growing = keyof typeof GROWING;

/** What one kind of look took at one number of sessions, each in processes that did nothing else. */
export interface Point {
  readonly server: string;
  readonly what: Growing;
  readonly sessions: number;
  /** Characters of the statement that each runs; 0 where they sleep. */
  readonly statement: number;
  /** False: a door in front of the server made some of them. */
  readonly isReal: boolean;
  readonly ms: readonly number[];
  /** The most memory of the process. */
  readonly bytes: number;
  readonly day: string;
}

/** At how many sessions to look, and how often. */
export interface GrowthBench {
  /** Of the server's own, rising. */
  readonly real: readonly number[];
  /** Of the last of these and what a door adds. */
  readonly magnified: readonly { readonly sessions: number; readonly statement: number }[];
  readonly rounds: number;
}

// As Lambda starts Node in a function of 256 MB: a twentieth of it for what is young, nine tenths for what is old.
const AS_ON_LAMBDA = ['--max-semi-space-size=12', '--max-old-space-size=230'];
const RULE = ['--match-user', '^nobody_', '--match-command', 'Sleep', '--idle-time', '3600', '--print'];

async function lookInAllWays(worker: string, url: string, sessions: number, rounds: number, folder: string) {
  const points: Pick<Point, 'what' | 'ms' | 'bytes'>[] = [];
  for (const what of LOOKED) {
    // The first time loads what the others find loaded.
    const { times, peak, found } = await look(worker, url, what, rounds + 1, AS_ON_LAMBDA);
    if (found !== null && found < sessions) throw new Error(`${what} found ${found} of ${sessions} sessions`);
    points.push({ what, ms: times[what]?.slice(1) ?? [], bytes: peak });
  }
  const theirs: { took: number; peak: number }[] = [];
  for (let round = 0; round < rounds; round++) theirs.push(await onePtKillLook(url, RULE, folder));
  const bytes = Math.max(...theirs.map(({ peak }) => peak));
  return [...points, { what: 'pt-kill' as const, ms: theirs.map(({ took }) => took), bytes }];
}

/** Time and memory of each kind of look, at ever more sessions. */
export function benchGrowth(
  { url, server }: BenchServer,
  { real, magnified, rounds }: GrowthBench,
): Promise<readonly Point[]> {
  const { day } = circumstances();
  return inFolder(async (folder) => {
    const worker = await bundleWorker(folder);
    const points: Point[] = [];
    const lookAt = async (through: string, where: Pick<Point, 'sessions' | 'statement' | 'isReal'>) => {
      const looks = await lookInAllWays(worker, through, where.sessions, rounds, folder);
      points.push(...looks.map((one) => ({ server, ...where, ...one, day })));
    };
    for (const sessions of real)
      await besideIdle(url, sessions, async () => {
        await lookAt(url, { sessions, statement: 0, isReal: true });
        if (sessions !== real.at(-1)) return;
        for (const more of magnified) {
          const door = await magnifyingDoor(Number(new URL(url).port), { real: sessions, ...more });
          try {
            await lookAt(Object.assign(new URL(url), { port: `${door.port}` }).href, { ...more, isReal: false });
            if (!door.isUsed()) throw new Error('The door has seen no process list.');
          } finally {
            await door.close();
          }
        }
      });
    return points;
  });
}

const MIB = 2 ** 20;

/** Points as a table: a row for each number of sessions, milliseconds and MiB of each kind of look. */
export function growthTable(points: readonly Point[]): string {
  const kinds = Object.keys(GROWING) as readonly Growing[];
  const rows = Map.groupBy(points, ({ server, sessions, statement }) => [server, sessions, statement].join());
  const head = ['server', 'sessions', ...kinds.map((kind) => GROWING[kind])];
  return table(
    head,
    [...rows.values()].map((row) => {
      const [{ server, sessions, statement, isReal } = { server: '', sessions: 0, statement: 0, isReal: true }] = row;
      const running = statement === 0 ? '' : `, each runs ${statement.toLocaleString('en')} characters`;
      const cells = kinds.map((kind) => {
        const point = row.find(({ what }) => what === kind);
        return point === undefined ? '' : `${middle(point).toFixed(0)} ms, ${(point.bytes / MIB).toFixed(0)} MiB`;
      });
      return [server, `${sessions.toLocaleString('en')}${running}${isReal ? '' : ' (door)'}`, ...cells];
    }),
  );
}

/** The middle of what a point took. */
export const middle = ({ ms }: Point): number => median(ms);

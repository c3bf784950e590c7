import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ENGINE_NAMES } from '../engines/engine-status.ts';
import { startEngine } from '../engines/servers.ts';
import { openIdleSessions } from './idle-sessions.ts';
import { table, writeReport } from './report.ts';

const SESSIONS = 3_000;
const MAX_BYTES = 6_000_000;
const MAX_RSS = 256 * 2 ** 20;
const figuresSchema = z.object({
  status: z.literal(200),
  rows: z.number(),
  bytes: z.number(),
  rss: z.number(),
  ours: z.number(),
  plain: z.number(),
});

/** Lists a page of 500 of 3,000 sessions: bytes of the answer, memory of the process, time beside `SHOW FULL PROCESSLIST`. */
export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const name of ENGINE_NAMES) {
    const engine = await startEngine(name);
    if (engine.url === undefined) {
      console.log(`${name}: ${engine.reason}`);
      continue;
    }
    try {
      const idle = await openIdleSessions(engine.url, SESSIONS);
      const worker = new URL('./list-worker.ts', import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        worker,
        engine.url,
      ]);
      await idle.close();
      const { rows: listed, bytes, rss, ours, plain } = figuresSchema.parse(JSON.parse(stdout));
      const fits = bytes < MAX_BYTES && rss < MAX_RSS ? 'yes' : 'NO';
      rows.push([
        name,
        `${listed}`,
        `${bytes}`,
        `${Math.round(rss / 2 ** 20)} MiB`,
        fits,
        `${(ours / plain).toFixed(2)}×`,
      ]);
    } finally {
      await engine.stop();
    }
  }
  const head = [
    'engine',
    'sessions in the page',
    'bytes',
    'peak memory',
    'under 6 MB and 256 MB',
    'time against SHOW FULL PROCESSLIST',
  ];
  const note = `One page of 500 of ${SESSIONS} sessions through the handler, connecting and verifying the server included; the peer connects with mysql2, asks and closes, and gets all rows. Median of 15, alternating.`;
  await writeReport('list', 'Listing', `${note}\n\n${table(head, rows)}`);
}

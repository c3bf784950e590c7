import type { BenchServer } from './bench-server.ts';
import { bundleWorker, inFolder } from './bundles.ts';
import type { Measured } from './figures.ts';
import { besideIdle } from './idle-sessions.ts';
import { look } from './looks.ts';

/** One page of 500 through the handler, in turn with a mysql2 that connects, asks for the whole process list and closes. */
export async function benchList(
  { url, server }: BenchServer,
  { pairs, sessions }: { readonly pairs: number; readonly sessions: number },
): Promise<readonly Measured[]> {
  return inFolder(async (folder) => {
    const worker = await bundleWorker(folder);
    const { times } = await besideIdle(url, sessions, () => look(worker, url, 'page-and-raw', pairs + 1));
    // The first of each loads what the others find loaded.
    const [ours = [], theirs = []] = [times['page'], times['raw']].map((all) => all?.slice(1));
    const what = `list ${sessions.toLocaleString('en')}: one page, with connect`;
    return [{ what, server, peer: 'mysql2, SHOW FULL PROCESSLIST', ours, theirs, aim: { ratio: 1.3 } }];
  });
}

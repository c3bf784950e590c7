import { type Cell, type CellResult, nameOf } from './cell.ts';
import type { Complaints } from './judge-cell.ts';
import type { WatchedServer } from './watched-server.ts';

/** Who runs cells, and where. */
export interface Crew {
  readonly server: WatchedServer;
  /** How many cells run at once, each in a slot of its own. */
  readonly slots: number;
  /**
   * `heard` is told what is wrong with an answer as soon as there is one. By `patience` the call's limits are longer than usual,
   * so that on a busy machine too it comes to its place before they pass.
   */
  readonly run: (
    slot: number,
    cell: Cell,
    heard: (complaints: Complaints) => void,
    patience?: number,
  ) => Promise<CellResult>;
}

/** What all cells have shown. */
export interface CellsReport {
  readonly tried: number;
  readonly wrong: number;
  readonly lost: number;
  readonly left: number;
  /** What was wrong in which cell, sorted. */
  readonly complaints: readonly string[];
}

const TRIES = 4;
const CRASHES = 2;

/** Runs all cells, those anew under which the server crashed. @throws what a cell fails with while the server is sound */
export async function runCells(cells: readonly Cell[], crew: Crew): Promise<CellsReport> {
  const queue = [...cells];
  const report = { tried: 0, wrong: 0, lost: 0, left: 0 };
  const complaints: string[] = [];
  const worker = async (slot: number): Promise<void> => {
    for (let cell = queue.pop(); cell !== undefined; cell = queue.pop()) {
      const { result, wrong, lost, crashes } = await settle(crew, slot, cell);
      const { happened = false, left = 0 } = result ?? {};
      if (happened) report.tried++;
      report.wrong += wrong.length;
      report.lost += lost.length;
      report.left += left;
      const found = [...wrong, ...lost, ...(left > 0 ? [`${left} connections left`] : [])];
      if (crashes === CRASHES) found.push(`the server crashed under it ${CRASHES} times`);
      else if (!happened) found.push('the call never came to the place');
      complaints.push(...found.map((what) => `${nameOf(cell)}: ${what}`));
    }
  };
  await Promise.all(Array.from({ length: crew.slots }, (_, slot) => worker(slot)));
  return { ...report, complaints: complaints.sort() };
}

interface Settled extends Complaints {
  /** Of the last try; none where the server crashed under that too. */
  readonly result?: CellResult;
  readonly crashes: number;
}

/** Runs a cell until it comes to its place on a server that lives through it. */
async function settle({ server, run }: Crew, slot: number, cell: Cell): Promise<Settled> {
  const wrong: string[] = [];
  const lost: string[] = [];
  for (let tries = 1, crashes = 0; ; tries++) {
    await server.ready();
    const before = server.crashes.length;
    let heard: Complaints = { wrong: [], lost: [] };
    const listen = (complaints: Complaints) => {
      heard = complaints;
    };
    const ran = await run(slot, cell, listen, 2 ** (tries - 1)).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    await server.ready();
    if (server.crashes.length > before) {
      // A crash explains that sessions ended and that calls failed, and nothing else.
      wrong.push(...heard.wrong);
      lost.push(...heard.lost);
      if (++crashes === CRASHES) return { wrong, lost, crashes };
    } else if ('error' in ran) throw ran.error;
    else if (ran.result.happened || tries >= TRIES)
      return {
        result: ran.result,
        wrong: [...wrong, ...ran.result.wrong],
        lost: [...lost, ...ran.result.lost],
        crashes,
      };
  }
}

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFree } from '../../local/kernel/free-port.ts';
import type { EngineStatus } from './engine-status.ts';
import type { Mode } from './modes.ts';

/** A server of each engine. One test file at a time has it to itself: some fill a server up, and some list all of it. */
export interface Lane {
  readonly engines: readonly EngineStatus[];
  /** The same servers, as `modes.ts` calls them. */
  readonly modes: readonly Mode[];
}

/** Where the workers find lanes. What is claimed is a port on which the claimant listens: it comes free with its process, however that ends. */
export interface LanePlaces {
  /** Of the lanes, in the order in which they open. */
  readonly ports: readonly number[];
  /** Of the servers that all lanes share. */
  readonly sharedPort: number;
  readonly folder: string;
}

const GIB = 2 ** 30;
const MEMORY_OF_A_LANE = 4 * GIB;

/** How many lanes this machine has room for. With three, the servers' clocks are no longer what a run waits for. */
export const LANES = Math.max(1, Math.min(3, Math.floor(totalmem() / MEMORY_OF_A_LANE)));

/** Places for so many lanes. None is open yet. */
export async function makeLanes(count: number) {
  const ports: number[] = [];
  while (ports.length <= count) {
    // Where freePort() gives none to a server, nor the system one to an outgoing connection.
    const port = randomInt(10_000, 20_000);
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  const [sharedPort = 0, ...own] = ports;
  const folder = mkdtempSync(join(tmpdir(), 'warden-lanes-'));
  const places: LanePlaces = { ports: own, sharedPort, folder };
  let opened = 0;
  let isOver = false;
  /** Lets files have a lane. */
  const open = (lane: Lane): void => {
    const file = fileOf(places, opened++);
    writeFileSync(`${file}.new`, JSON.stringify(lane));
    renameSync(`${file}.new`, file);
  };
  /** Opens a further lane whenever a file finds none free, up to the last place or until one does not come about. */
  const openOnDemand = async (make: () => Promise<Lane>): Promise<void> => {
    while (opened < count && !isOver) {
      if (existsSync(wantedIn(places))) {
        const lane = await make();
        if (isOver) return;
        open(lane);
        rmSync(wantedIn(places), { force: true });
      }
      await sleep(100, undefined, { ref: false });
    }
  };
  const remove = (): void => {
    isOver = true;
    rmSync(folder, { recursive: true });
  };
  return { places, open, openOnDemand, remove };
}

/** Waits for a lane that is open and free, and takes it until this process ends. */
export async function claimLane(places: LanePlaces): Promise<Lane> {
  for (;;) {
    for (const [place, port] of places.ports.entries()) {
      const lane = read(fileOf(places, place));
      if (lane !== undefined && (await take(port))) return lane;
    }
    writeFileSync(wantedIn(places), '');
    await sleep(50);
  }
}

/** Waits until no other process has what this port stands for, and takes it until this one ends. */
export async function claim(port: number): Promise<void> {
  while (!(await take(port))) await sleep(50);
}

const fileOf = ({ folder }: LanePlaces, place: number): string => join(folder, `${place}.json`);

const wantedIn = ({ folder }: LanePlaces): string => join(folder, 'wanted');

function read(file: string): Lane | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

async function take(port: number): Promise<boolean> {
  const server = createServer().unref();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  return once(server, 'listening').then(
    () => true,
    () => false,
  );
}

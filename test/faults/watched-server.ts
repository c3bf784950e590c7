import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CrashableServer } from '../engines/mysql-servers.ts';

/** Where the logs of servers that crashed are kept. */
export const CRASHES = fileURLToPath(new URL('../../.cache/crashes/', import.meta.url));
/** What a server that crashes may take to write what it knows and to end, in milliseconds. */
const DYING_MS = 10_000;

/** A server that a test does not mean to crash, and that crashes all the same: its log is kept, and it is started again. */
export interface WatchedServer {
  readonly url: string;
  /** The logs of its crashes, in their order. */
  readonly crashes: readonly string[];
  /** Waits until it answers, and has been made ready again where it had crashed. @throws what kept it from starting again */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** Where nobody here can start it again: a server of somebody else's, or the suites' own. */
export const unwatched = (url: string): WatchedServer => ({
  url,
  crashes: [],
  ready: async () => {},
  stop: async () => {},
});

/**
 * Watches a server until it is stopped.
 *
 * @param answers - rejects where the server does not answer
 * @param prepare - is called once it answers again after a crash
 * @param dyingMs - how long one that does not answer may take to be known for crashed
 */
export function watch(
  server: CrashableServer,
  answers: () => Promise<unknown>,
  prepare: () => Promise<void>,
  dyingMs = DYING_MS,
): WatchedServer {
  const crashes: string[] = [];
  let revival: Promise<void> | undefined;
  server.onCrash(({ log, signal }) => {
    crashes.push(keep(log, signal));
    revival = (revival ?? Promise.resolve()).then(() => server.restart()).then(prepare);
    revival.catch(() => {}); // told by ready()
  });
  return {
    url: server.url,
    crashes,
    ready: async () => {
      for (;;) {
        await revival;
        const known = crashes.length;
        try {
          return void (await answers());
        } catch (error) {
          // It may be dying, and we have not been told yet.
          for (let waited = 0; crashes.length === known; waited += 50) {
            if (waited >= dyingMs) throw error;
            await sleep(50);
          }
        }
      }
    },
    stop: () => server.stop(),
  };
}

/** Keeps the log of a server that crashed, with its own words on it. @returns the path */
function keep(log: string, signal: NodeJS.Signals | null): string {
  mkdirSync(CRASHES, { recursive: true });
  const at = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const kept = join(CRASHES, `${at}-${signal ?? 'exit'}-${basename(log)}`);
  copyFileSync(log, kept);
  console.log(`the server crashed (${signal ?? 'exit'}): ${kept}`);
  return kept;
}

/** Clients that want in at once and again, as an application's do whose pool has run dry; in a thread of their own, so that they do not slow down ours. Who is refused waits `pauseMs`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createConnection } from 'mysql2/promise';

const { url, clients, pauseMs } = workerData as { url: string; clients: number; pauseMs: number };
/** Milliseconds that a client keeps a slot which it got: long enough that the others want it all the time. */
const KEEP_MS = 1_000;

let isOver = false;
let knocks = 0;
const clientsLoop = Array.from({ length: clients }, async () => {
  while (!isOver) {
    knocks++;
    if (knocks === 2 * clients) parentPort?.postMessage('all knock');
    await createConnection(url).then(
      async (connection) => {
        connection.on('error', () => {});
        await sleep(KEEP_MS);
        connection.destroy();
      },
      // As a pool does that was refused; none of them in step.
      () => sleep(pauseMs * (0.5 + Math.random())),
    );
  }
});
parentPort?.once('message', async () => {
  isOver = true;
  await Promise.all(clientsLoop);
  parentPort?.postMessage(knocks);
});

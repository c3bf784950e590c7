/** The clients of a race, in a thread of their own: in the canceller's they would make its tags stale. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Order, runClients } from './clients.ts';

parentPort?.postMessage(await runClients(workerData as Order));

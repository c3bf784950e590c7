import { connect, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** In a thread of its own: a TCP door to a port that delays each direction by `workerData.delay` milliseconds. Posts its port. */
const { to, delay } = workerData as { to: number; delay: number };

const server = createServer((client) => {
  const upstream = connect(to, '127.0.0.1');
  for (const [from, into] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('data', (chunk) => setTimeout(() => into.writable && into.write(chunk), delay));
    from.on('close', () => setTimeout(() => into.destroy(), delay));
    from.on('error', () => {});
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === 'object' ? address?.port : null);
});

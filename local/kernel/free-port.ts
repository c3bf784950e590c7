import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A TCP port on which nothing listens. Below the ranges from which systems choose ports for outgoing connections, so that
 * none of these takes it before its server is up.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free TCP port found between 20000 and 32000');
}

/** True where nothing listens on a TCP port of this machine. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });

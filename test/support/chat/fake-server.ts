import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request of ours to a platform: `path` begins with the host that it was meant for. */
export interface Taken {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** What a platform answers. */
export type Answer = readonly [status: number, body: unknown];

/** A server that plays platforms on a free port. */
export async function startFakeServer(answer: (taken: Taken) => Answer | Promise<Answer>) {
  const server = createServer(async (request, response) => {
    const taken = {
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse((await text(request)) || 'null'),
    };
    const [status, body] = await answer(taken);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

/** Waits for something to be there, as a person looks at a screen. */
export async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  for (let round = 0; round < 2_400; round++) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(25);
  }
  throw new Error(`${what} never came`);
}

/** Sends a signed request to us as a platform does, which gives up some time. */
export async function sendAsPlatform(
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: string },
) {
  const response = await fetch(url, { method: 'POST', ...request, signal: AbortSignal.timeout(60_000) });
  return { status: response.status, body: await response.text() };
}

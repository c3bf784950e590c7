import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ShownMessage } from '../../lib/chatops/channels/play.ts';
import { standInAddress } from './local-chat.ts';
import type { Played } from './plays.ts';

/** A message, and the platform that shows it. */
export interface Shown extends ShownMessage {
  readonly by: Played;
}

/** Plays the platforms for messages of ours. `next` resolves to the next answer, or the next message at a place. */
export async function startStandIn(plays: readonly Played[]) {
  const messages: Shown[] = [];
  const waiting: { readonly atPlace: boolean; readonly take: (message: Shown) => void }[] = [];
  const hand = (): void => {
    for (const { atPlace, take } of [...waiting]) {
      const at = messages.findIndex(({ isAtPlace }) => isAtPlace === atPlace);
      const [message] = at < 0 ? [] : messages.splice(at, 1);
      if (message === undefined) continue;
      waiting.splice(
        waiting.findIndex((one) => one.take === take),
        1,
      );
      take(message);
    }
  };
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse((await text(request)) || 'null');
    // The gateway writes the host that it means into the path.
    const url = new URL(`https:/${request.url ?? '/'}`);
    const by = plays.find(({ play }) => play.screen?.hosts.includes(url.host));
    const screen = by?.play.screen;
    response.writeHead(screen === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(screen?.accepted ?? null));
    const message = screen?.shown(url, body);
    if (by === undefined || message === undefined) return;
    messages.push({ ...message, by });
    hand();
  });
  server.listen(Number(new URL(standInAddress(process.env)).port), '127.0.0.1');
  await once(server, 'listening');
  return {
    next: (atPlace: boolean) =>
      new Promise<Shown>((take) => {
        waiting.push({ atPlace, take });
        hand();
      }),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * A `fetch` that takes every request for `https://host/path` to `base/host/path`: so a stand-in on this machine plays the
 * chat platforms, while all that is checked of an address is checked of the real one.
 */
export const routedFetch =
  (base: string): typeof globalThis.fetch =>
  (input, init) => {
    const { host, pathname, search } = new URL(String(input));
    return fetch(`${base}/${host}${pathname}${search}`, init);
  };

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { CHANNELS, type ChannelName } from '../../lib/chatops/channels/channel-names.ts';
import type { Play, ShownMessage } from '../../lib/chatops/channels/play.ts';

/** Whom the sender can be. */
export const ROLES = ['operator', 'asker'] as const;
export type Role = (typeof ROLES)[number];

/** The name of the machine and of the alerter that this machine plays. */
const SOURCE = 'local';

/** A channel that this machine can play. */
export interface Played {
  readonly name: ChannelName;
  readonly play: Play;
  readonly path: string;
  as(role: Role): string;
}

/** Every channel with a `play.ts` in its folder. */
export async function loadPlays(): Promise<readonly Played[]> {
  const found = CHAT_ROUTES.map((route) => ({
    ...route,
    file: new URL(`../../lib/chatops/channels/${route.name}/play.ts`, import.meta.url),
  }));
  return Promise.all(
    found
      .filter(({ file }) => existsSync(file))
      .map(async ({ name, path, file }) => {
        const { play }: { readonly play: Play } = await import(file.href);
        const { identity } = CHANNELS[name];
        return {
          name,
          play,
          path: path.replace('{source}', SOURCE),
          as: (role) => identity?.played[role] ?? SOURCE,
        };
      }),
  );
}

/** Where a stand-in for the chat platforms listens while `npm run chat` waits for answers: two ports above the gateway. */
export const standInAddress = (env: Readonly<NodeJS.ProcessEnv>): string =>
  `http://127.0.0.1:${Number(env['PORT'] || 8787) + 2}`;

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

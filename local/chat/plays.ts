import { existsSync } from 'node:fs';
import { CHAT_ROUTES } from '../../functions/routes.ts';
import { CHANNELS, type ChannelName } from '../../lib/chatops/channels/channel-names.ts';
import type { Play } from '../../lib/chatops/channels/play.ts';

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

import { existsSync } from 'node:fs';
import { CHANNEL_NAMES, CHANNELS, type ChannelName } from '../../lib/chatops/channel-names.ts';
import type { Play } from '../../lib/chatops/play.ts';

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
  const found = CHANNEL_NAMES.map(
    (name) => [name, new URL(`../../lib/chatops/${name}/play.ts`, import.meta.url)] as const,
  );
  return Promise.all(
    found
      .filter(([, file]) => existsSync(file))
      .map(async ([name, file]) => {
        const { play }: { readonly play: Play } = await import(file.href);
        const { asks, identity } = CHANNELS[name];
        const path = `/chat/${name}${asks === 'person' ? '' : `/${SOURCE}`}`;
        return { name, play, path, as: (role) => identity?.played[role] ?? SOURCE };
      }),
  );
}

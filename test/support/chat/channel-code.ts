import type { Channel } from '../../../lib/chatops/channels/channel.ts';
import { CHANNEL_NAMES, type ChannelName } from '../../../lib/chatops/channels/channel-names.ts';
import { loadChannel } from '../../../lib/chatops/channels/load-channel.ts';

const loaded = await Promise.all(CHANNEL_NAMES.map(async (name) => [name, await loadChannel(name)] as const));

/** The code of every channel, as the worker loads it. */
export const CODE = Object.fromEntries(loaded) as Readonly<Record<ChannelName, Channel>>;

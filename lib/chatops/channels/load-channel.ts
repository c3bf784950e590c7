import { AppError } from '../../errors.ts';
import { type Channel, type ChatSecrets, type ReplyTo, readSecrets } from './channel.ts';
import { CHANNEL_NAMES, CHANNELS, type ChannelName } from './channel-names.ts';

/** Loads a channel's code, which is in its folder and, once bundled, in a file of its own. */
export async function loadChannel(name: ChannelName): Promise<Channel> {
  const { channel }: { readonly channel: Channel } = await import(`./${name}/channel.ts`);
  return channel;
}

/** The channel that can take an answer to where it goes: for a place, the one before its colon. @throws AppError `chat-failed` */
export async function channelFor(to: ReplyTo): Promise<Channel> {
  const wanted = to.channel === 'place' ? to.place.split(':')[0] : to.channel;
  const name = CHANNEL_NAMES.find((one) => one === wanted);
  if (name === undefined) throw new AppError('chat-failed', { detail: `There is no channel ${String(wanted)}.` });
  return loadChannel(name);
}

/** The secret of every channel; see {@link readSecrets}. @throws AppError `configuration-invalid` */
export const parseChatSecrets = (json: string): ChatSecrets => readSecrets(json, Object.values(CHANNELS), 'refuse');

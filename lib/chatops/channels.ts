import { AppError } from '../errors.ts';
import { alert } from './alert/alert.ts';
import type { Channel, ChannelName, ReplyTo } from './channel.ts';
import { dingtalk } from './dingtalk/dingtalk.ts';
import { feishu } from './feishu/feishu.ts';
import { slack } from './slack/slack.ts';
import { webhook } from './webhook/webhook.ts';

/** Every channel. */
export const CHANNELS: Readonly<Record<ChannelName, Channel>> = { slack, feishu, dingtalk, webhook, alert };

/** The channel that can take an answer to where it goes: for a place, the one before its colon. */
export function channelFor(to: ReplyTo): Channel {
  const name = to.channel === 'place' ? to.place.split(':')[0] : to.channel;
  const found = Object.values(CHANNELS).find((channel) => channel.name === name);
  if (found === undefined) throw new AppError('chat-failed', { detail: `There is no channel ${String(name)}.` });
  return found;
}

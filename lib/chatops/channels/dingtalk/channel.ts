import { AppError } from '../../../errors.ts';
import { hasCode } from '../../worker/poster.ts';
import type { Channel } from '../channel.ts';
import { placeIn } from '../channel.ts';
import { dingtalk } from './about.ts';
import { DINGTALK_HOSTS, receiveDingTalk, renderDingTalk } from './receive.ts';

/** DingTalk lists and shows, and ends nothing: its signature does not cover the body. */
export const channel: Channel = {
  about: dingtalk,
  receive: receiveDingTalk,
  render: renderDingTalk,
  deliver: async (poster, secrets, to, answer) => {
    if (to.channel !== 'dingtalk' && to.channel !== 'place') throw new AppError('internal');
    const url = to.channel === 'dingtalk' ? to.sessionWebhook : placeIn(secrets.dingtalk?.places, to.place);
    const isAccepted = hasCode('errcode', 0);
    await poster.post({ url, body: renderDingTalk(answer), hosts: DINGTALK_HOSTS, isAccepted });
  },
};

import { AppError } from '../../../errors.ts';
import { withoutReason } from '../../messages/answer.ts';
import type { ChatSecrets } from '../../secrets.ts';
import { hasCode } from '../../worker/poster.ts';
import type { Channel, ReplyTo } from '../channel.ts';
import { placeIn } from '../channel.ts';
import { slack } from './about.ts';
import { openModal } from './open-modal.ts';
import { receiveSlack, SLACK_HOSTS } from './receive.ts';
import { renderSlack } from './render.ts';

// What a response_url answers; a webhook answers the word ok.
const isOk = hasCode('ok', true);

function addressOf(to: ReplyTo, secrets: ChatSecrets): string {
  if (to.channel === 'slack') return to.responseUrl;
  if (to.channel === 'place') return placeIn(secrets.slack?.places, to.place);
  throw new AppError('internal');
}

/** Slack: slash commands, buttons and modals in, messages by `response_url` and incoming webhooks out. */
export const channel: Channel = {
  about: slack,
  receive: receiveSlack,
  render: renderSlack,
  deliver: async (poster, secrets, to, answer) => {
    const url = addressOf(to, secrets);
    // Incoming webhooks know neither audience nor replacement, and take no notice of them.
    await poster.post({
      url,
      body: renderSlack(secrets.slack?.botToken === undefined ? withoutReason(answer) : answer),
      hosts: SLACK_HOSTS,
      isAccepted: (body) => body === 'ok' || body === '' || isOk(body),
    });
  },
  askReason: openModal,
};

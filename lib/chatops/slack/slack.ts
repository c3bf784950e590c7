import { AppError } from '../../errors.ts';
import type { Channel, ReplyTo } from '../channel.ts';
import { placeIn } from '../places.ts';
import type { ChatSecrets } from '../secrets.ts';
import { receiveSlack, SLACK_HOSTS } from './receive.ts';
import { renderSlack } from './render.ts';

function addressOf(to: ReplyTo, secrets: ChatSecrets): string {
  if (to.channel === 'slack') return to.responseUrl;
  if (to.channel === 'place') return placeIn(secrets.slack?.places, to.place);
  throw new AppError('internal');
}

/** Slack: slash commands and buttons in, messages by `response_url` and incoming webhooks out. */
export const slack: Channel = {
  name: 'slack',
  mayEnd: true,
  receive: receiveSlack,
  render: renderSlack,
  deliver: async (poster, secrets, to, answer) => {
    const url = addressOf(to, secrets);
    // Incoming webhooks know neither audience nor replacement, and take no notice of them.
    await poster.post({
      url,
      body: renderSlack(answer),
      hosts: SLACK_HOSTS,
      isAccepted: (body) => body === 'ok' || body === '' || isOk(body),
    });
  },
};

// A response_url answers {"ok":true}, a webhook the word ok.
function isOk(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'ok' in value && value.ok === true;
  } catch {
    return false;
  }
}

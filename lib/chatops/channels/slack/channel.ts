import { AppError } from '../../../errors.ts';
import { MAX_REASON, REASON, withoutReason } from '../../messages/answer.ts';
import { hasCode } from '../../worker/poster.ts';
import { type Channel, type ChatSecrets, placeIn, type ReplyTo } from '../channel.ts';
import { slack } from './about.ts';
import { receiveSlack, SLACK_HOSTS } from './receive.ts';
import { renderSlack, text } from './render.ts';

const MAX_TITLE = 24;
const MAX_LABEL = 2_000;

/**
 * Slack's modal that asks for a reason, by `views.open` with the bot's token. A trigger lives for three seconds, so nothing
 * is asked first: who may end the session is judged when the modal is sent.
 *
 * @throws AppError `chat-failed` for a trigger that is over
 */
const openModal: NonNullable<Channel['askReason']> = async (poster, { slack }, { request, trigger, to }) => {
  if (slack?.botToken === undefined || to.channel !== 'slack') throw new AppError('chat-failed');
  const { responseUrl } = to;
  await poster.post({
    url: 'https://slack.com/api/views.open',
    hosts: ['slack.com'],
    headers: { authorization: `Bearer ${slack.botToken}` },
    body: { trigger_id: trigger, view: viewFor(JSON.stringify({ request, responseUrl })) },
    isAccepted: hasCode('ok', true),
  });
};

const viewFor = (metadata: string) => ({
  type: 'modal',
  callback_id: REASON,
  title: text('Why is it ended?', MAX_TITLE),
  submit: text('Yes, end it', MAX_TITLE),
  close: text('No', MAX_TITLE),
  private_metadata: metadata,
  blocks: [
    {
      type: 'input',
      block_id: REASON,
      label: text('The reason is recorded.', MAX_LABEL),
      element: {
        type: 'plain_text_input',
        action_id: REASON,
        multiline: false,
        min_length: 1,
        max_length: MAX_REASON,
      },
    },
  ],
});

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

import { expect, it } from 'vitest';
import { channel } from '../../../../lib/chatops/channels/slack/channel.ts';
import { chatPipeline } from '../../../../lib/chatops/receiver/receive.ts';
import { event, good, handedOver, receiver, send } from '../../../support/chat/a-receiver.ts';

const refusalOf = async (request: unknown) => {
  const answer = await chatPipeline(channel, receiver())(request as never);
  return [answer.statusCode, JSON.parse(answer.body)];
};

it('acknowledges to Slack with empty plain text, and to others with JSON', async () => {
  const answer = await send('slack', good.slack());
  expect([answer.statusCode, answer.headers?.['content-type'], answer.body]).toEqual([200, 'text/plain', '']);
  expect((await send('feishu', good.feishu())).body).toBe('{}');
  expect(handedOver).toMatchObject([
    { do: 'incoming', channel: 'slack' },
    { do: 'incoming', channel: 'feishu' },
  ]);
});

it('says of a replay and of a body in bad base64 what is wrong', async () => {
  await send('slack', good.slack());
  expect(await refusalOf(event(good.slack()))).toMatchObject([
    401,
    { code: 'signature-invalid', detail: 'This request was seen before.' },
  ]);
  for (const body of ['%%%', 'A', 'AAAAA', 'AAAA=', '=AAA'])
    expect(await refusalOf({ ...event(good.slack()), body })).toMatchObject([
      401,
      { code: 'signature-invalid', detail: 'The body is not base64.' },
    ]);
});

it('refuses a body that is not text', async () => {
  for (const body of [7, { a: 1 }])
    expect(await refusalOf({ ...event(good.slack()), body })).toMatchObject([400, { code: 'request-invalid' }]);
});

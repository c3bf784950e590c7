import { expect, it } from 'vitest';
import type { ChatIdentity } from '../../lib/chatops/channels/channel.ts';
import { anAlert } from '../support/chat/alert-messages.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage } from '../support/chat/messages.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import * as sign from '../support/chat/sign.ts';
import { httpEvent } from './events.ts';
import { rawAnswer, type Stage } from './stage.ts';

const OTHER_KEY = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const TEXT = 'sessions mariadb';
const from = (channel: ChatIdentity['channel'], tenant: string, user: string) => ({
  enterprise: null,
  channel,
  tenant,
  user,
});

/** For each receiver: a request signed as its platform does or, as somebody else would, with another key; what is handed over; whether a repeat is refused. */
const RECEIVERS = [
  {
    name: 'slack',
    signed: (key?: string) => sign.signedBySlack(aCommand(TEXT), new Date(), key),
    incoming: {
      kind: 'message',
      text: TEXT,
      from: from('slack', 'T0001', 'U0ADA'),
      to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/commands/T0001/1/a' },
    },
    again: 401,
  },
  {
    name: 'feishu',
    signed: (key?: string) => sign.signedByFeishu(aFeishuMessage(TEXT), new Date(), key),
    incoming: {
      kind: 'message',
      text: TEXT,
      from: from('feishu', 'tenant1', 'ou_ada'),
      to: { channel: 'feishu', chat: 'oc_1' },
    },
    again: 200,
  },
  {
    name: 'dingtalk',
    signed: (key?: string) => sign.signedByDingTalk(aDingTalkMessage(TEXT), new Date(), key),
    incoming: {
      kind: 'message',
      text: TEXT,
      from: from('dingtalk', 'ding1', 'ada01'),
      to: { channel: 'dingtalk', sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=s1' },
    },
    again: 401,
  },
  {
    name: 'webhook',
    source: 'deployer',
    signed: (key?: string) =>
      sign.signedByWebhook({ command: TEXT, post: 'slack:ops' }, new Date(), 'msg_runtime', key && OTHER_KEY),
    incoming: {
      kind: 'message',
      text: TEXT,
      from: from('webhook', 'webhook', 'deployer'),
      to: { channel: 'place', place: 'slack:ops' },
    },
    again: 200,
  },
  {
    name: 'alert',
    source: 'prod',
    signed: (key?: string) => {
      const request = sign.signedByAlerter(anAlert(), 'prod');
      return key ? { ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } } : request;
    },
    incoming: {
      kind: 'alert',
      source: 'prod',
      title: 'Connections are nearly used up',
      labels: [
        { alertname: 'ConnectionsFull', target: 'local' },
        { alertname: 'ConnectionsFull', target: 'local' },
      ],
    },
    again: 200,
  },
] as const;

/** What the functions that platforms call hand over, and what they do not. */
export function toReceivers({ cloud, once }: Stage): void {
  it.each(RECEIVERS)('of $name hand over what is signed, once, and nothing that is forged', async (receiver) => {
    const { name, signed, incoming, again } = receiver;
    const pathParameters = 'source' in receiver ? { source: receiver.source } : {};
    const post = (request: sign.PlatformRequest) => ({
      ...httpEvent('POST', `/chat/${name}`, {}),
      ...request,
      pathParameters,
    });
    await using lambda = await cloud().start(name);
    const statusOf = async (request: sign.PlatformRequest) => rawAnswer(await lambda.invoke(post(request))).statusCode;
    const before = cloud().invoked.length;
    const request = signed();

    const { authorization: _a, sign: _s, ...unsigned } = request.headers;
    const proofless = Object.fromEntries(Object.entries(unsigned).filter(([header]) => !/signature/.test(header)));
    expect(await statusOf(signed('another key'))).toBe(401);
    expect(await statusOf({ ...request, headers: proofless })).toBe(401);
    expect(cloud().invoked).toHaveLength(before);

    expect(await statusOf(request)).toBe(200);
    expect(await statusOf(request)).toBe(again);
    const handedOver = cloud().invoked.slice(before);
    expect(handedOver, lambda.log()).toMatchObject([
      {
        path: '/2015-03-31/functions/chat-worker/invocations',
        headers: { 'x-amz-invocation-type': 'Event' },
        body: { do: 'incoming', channel: name, requestId: expect.any(String), incoming },
      },
    ]);
  });

  it('of feishu answer its first question, and no one who does not know the token', async () => {
    const ask = async (token = '') => {
      const question = { type: 'url_verification', token, challenge: 'c' };
      const event = { ...httpEvent('POST', '/chat/feishu', {}), ...sign.signedByFeishu(question, new Date()) };
      const { statusCode, body } = rawAnswer(await once('feishu', event));
      return [statusCode, JSON.parse(body)];
    };
    const before = cloud().invoked.length;
    expect(await ask(CHAT_SECRETS.feishu?.verificationToken)).toEqual([200, { challenge: 'c' }]);
    expect(await ask('another')).toMatchObject([401, { code: 'signature-invalid' }]);
    expect(cloud().invoked).toHaveLength(before);
  });
}

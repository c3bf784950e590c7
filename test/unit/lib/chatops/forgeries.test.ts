import { beforeEach, describe, expect, it } from 'vitest';
import * as alert from '../../../../functions/alert.ts';
import * as dingtalk from '../../../../functions/dingtalk.ts';
import * as feishu from '../../../../functions/feishu.ts';
import * as slack from '../../../../functions/slack.ts';
import * as webhook from '../../../../functions/webhook.ts';
import type { ChatJob } from '../../../../lib/chatops/job.ts';
import { parseChatSecrets } from '../../../../lib/chatops/secrets.ts';
import { memoryReplayStore } from '../../../../lib/chatops/stores/replay-store.ts';
import {
  aCommand,
  aDingTalkMessage,
  aFeishuMessage,
  aFeishuPress,
  anAlert,
  aPress,
} from '../../../support/chat/messages.ts';
import { CHAT_SECRETS } from '../../../support/chat/secrets.ts';
import * as sign from '../../../support/chat/sign.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const handedOver: ChatJob[] = [];
let replays = memoryReplayStore(() => NOW.getTime());
beforeEach(() => {
  handedOver.length = 0;
  replays = memoryReplayStore(() => NOW.getTime());
});
const receiver =
  (secrets = CHAT_SECRETS) =>
  async () => ({
    secrets,
    replays,
    handOver: async (job: ChatJob) => void handedOver.push(job),
    now: () => NOW,
  });

type Request = sign.PlatformRequest;
const FUNCTIONS = { slack, feishu, dingtalk, webhook, alert };
const event = ({ headers, body }: Request, source?: string, isBase64Encoded = true) => ({
  rawPath: '/chat',
  headers,
  body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
  isBase64Encoded,
  ...(source !== undefined && { pathParameters: { source } }),
});
const send = (name: keyof typeof FUNCTIONS, request: Request, source?: string, secrets = CHAT_SECRETS) =>
  FUNCTIONS[name].createHandler(receiver(secrets))(event(request, source));
const withHeader = (request: Request, name: string, value: string): Request => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});
const without = ({ headers, body }: Request, name: string): Request => ({
  headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
  body,
});

const good = {
  slack: () => sign.signedBySlack(aCommand('sessions local'), NOW),
  feishu: () => sign.signedByFeishu(aFeishuMessage('sessions local'), NOW),
  dingtalk: () => sign.signedByDingTalk(aDingTalkMessage('sessions local'), NOW),
  webhook: () => sign.signedByWebhook({ command: 'sessions local', post: 'slack:ops' }, NOW),
  alert: () => sign.signedByAlerter(anAlert(), 'prod'),
};
const SOURCES: Record<keyof typeof good, string | undefined> = {
  slack: undefined,
  feishu: undefined,
  dingtalk: undefined,
  webhook: 'deployer',
  alert: 'prod',
};
const NAMES = Object.keys(good) as (keyof typeof good)[];
const SLACK_SIGNATURE = 'x-slack-signature';
const SLACK_TIME = 'x-slack-request-timestamp';
const respondingTo = (response_url: string) => sign.signedBySlack(aCommand('sessions local', { response_url }), NOW);
const feishuEvent = (over: object) => {
  const message = aFeishuMessage('sessions local');
  return sign.signedByFeishu({ ...message, header: { ...message.header, ...over } }, NOW);
};

describe.each(NAMES)('the function %s', (name) => {
  const source = SOURCES[name];

  it('hands a genuine request over, once', async () => {
    expect((await send(name, good[name](), source)).statusCode).toBe(200);
    expect(handedOver).toHaveLength(1);
    const again = await send(name, good[name](), source);
    expect(again.statusCode).toBe(name === 'slack' || name === 'dingtalk' ? 401 : 200);
    expect(handedOver).toHaveLength(1);
  });

  it('refuses everything while it is not configured', async () => {
    expect((await send(name, good[name](), source, parseChatSecrets('{}'))).statusCode).toBe(401);
    expect(handedOver).toEqual([]);
  });

  it('refuses a body that is not what its base64 flag says', async () => {
    const request = { ...event(good[name](), source), body: '%%%' };
    expect((await FUNCTIONS[name].createHandler(receiver())(request)).statusCode).toBe(401);
    expect(handedOver).toEqual([]);
  });
});

const FORGERIES: readonly [string, keyof typeof good, () => Request, string?][] = [
  ['no signature', 'slack', () => without(good.slack(), SLACK_SIGNATURE)],
  ['a short signature', 'slack', () => withHeader(good.slack(), SLACK_SIGNATURE, 'v0=ab')],
  ['a signature that is not hex', 'slack', () => withHeader(good.slack(), SLACK_SIGNATURE, `v0=${'z'.repeat(64)}`)],
  ['a signature with bytes beyond ASCII', 'slack', () => withHeader(good.slack(), SLACK_SIGNATURE, 'v0=\u{1F600}')],
  ['a stale time', 'slack', () => sign.signedBySlack(aCommand('sessions local'), at(-301))],
  ['a future time', 'slack', () => sign.signedBySlack(aCommand('sessions local'), at(301))],
  ['a time that is no number', 'slack', () => withHeader(good.slack(), SLACK_TIME, 'NaN')],
  ['no time', 'slack', () => without(good.slack(), SLACK_TIME)],
  ['a body encoded anew', 'slack', () => ({ ...good.slack(), body: good.slack().body.replaceAll('+', '%20') })],
  ['a key that is another', 'slack', () => sign.signedBySlack(aCommand('sessions local'), NOW, 'other')],
  ['another app', 'slack', () => sign.signedBySlack(aCommand('sessions local', { api_app_id: 'A0OTHER' }), NOW)],
  ['another team', 'slack', () => sign.signedBySlack(aCommand('sessions local', { team_id: 'T0002' }), NOW)],
  [
    'the same user ID of another team, at a button',
    'slack',
    () => sign.signedBySlack(aPress('confirm:0', 'a'.repeat(22), { user: { id: 'U0ADA', team_id: 'T0002' } }), NOW),
  ],
  ['an answer to another host', 'slack', () => respondingTo('https://hooks.slack.com.evil.example/a')],
  ['an answer to a host with user info', 'slack', () => respondingTo('https://hooks.slack.com@evil.example/a')],
  ['an answer by user info of the right host', 'slack', () => respondingTo('https://evil@hooks.slack.com/a')],
  ['an answer to a port', 'slack', () => respondingTo('https://hooks.slack.com:8443/a')],
  ['an answer over plain HTTP', 'slack', () => respondingTo('http://hooks.slack.com/a')],
  ['an answer past a backslash', 'slack', () => respondingTo('https://hooks.slack.com\\@evil.example/')],
  ['no signature', 'feishu', () => without(good.feishu(), 'x-lark-signature')],
  ['a stale time', 'feishu', () => sign.signedByFeishu(aFeishuMessage('x'), at(-301))],
  ['another key', 'feishu', () => sign.signedByFeishu(aFeishuMessage('x'), NOW, 'other key')],
  ['a body that is not encrypted', 'feishu', () => ({ headers: {}, body: JSON.stringify(aFeishuMessage('x')) })],
  [
    'a question with another token',
    'feishu',
    () => ({ headers: {}, body: sign.encryptedByFeishu({ type: 'url_verification', token: 'x', challenge: 'c' }) }),
  ],
  ['another token', 'feishu', () => feishuEvent({ token: 'other' })],
  ['another app', 'feishu', () => feishuEvent({ app_id: 'cli_2' })],
  ['another tenant', 'feishu', () => feishuEvent({ tenant_key: 'tenant2' })],
  [
    'a sender of another tenant',
    'feishu',
    () => sign.signedByFeishu(aFeishuMessage('x', 'e', 'ou_ada', 'tenant2'), NOW),
  ],
  ['a stale time', 'dingtalk', () => sign.signedByDingTalk(aDingTalkMessage('x'), at(-3601))],
  [
    'another corporation',
    'dingtalk',
    () => sign.signedByDingTalk(aDingTalkMessage('x', { senderCorpId: 'ding2' }), NOW),
  ],
  [
    'an answer to another host',
    'dingtalk',
    () => sign.signedByDingTalk(aDingTalkMessage('x', { sessionWebhook: 'https://evil.example/' }), NOW),
  ],
  [
    'a captured signature under another body',
    'dingtalk',
    () => ({ ...good.dingtalk(), body: JSON.stringify(aDingTalkMessage('x', { senderCorpId: 'ding9' })) }),
  ],
  [
    'a time with letters behind it',
    'webhook',
    () => withHeader(good.webhook(), 'webhook-timestamp', `${good.webhook().headers['webhook-timestamp']}abc`),
    'deployer',
  ],
  ['a sender that is not known', 'webhook', good.webhook, 'other'],
  ['a sender named like a part of JavaScript', 'webhook', good.webhook, '__proto__'],
  ['no token', 'alert', () => without(good.alert(), 'authorization'), 'prod'],
  ['the token of another', 'alert', () => withHeader(good.alert(), 'authorization', 'Bearer x'), 'prod'],
  [
    'a signature of another body',
    'alert',
    () => ({ ...sign.signedByAlerter(anAlert(), 'grafana'), body: '{}' }),
    'grafana',
  ],
  [
    'a signature of another body',
    'alert',
    () => ({ ...sign.signedByAlerter({}, 'pagerduty'), body: '{"a":1}' }),
    'pagerduty',
  ],
];

it.each(FORGERIES)('refuses %s at %s, and hands nothing over', async (_what, name, request, source = SOURCES[name]) => {
  const answer = await send(name, request(), source);
  expect(answer.statusCode).toBe(401);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'signature-invalid' });
  expect(handedOver).toEqual([]);
});

it("answers Feishu's question whether we are there", async () => {
  const body = sign.encryptedByFeishu({ type: 'url_verification', token: 'feishu-token', challenge: 'c1' });
  expect((await send('feishu', { headers: {}, body })).body).toBe('{"challenge":"c1"}');
});

it('answers a command of 64 KB politely and reads nothing of it', async () => {
  const answer = await send('slack', sign.signedBySlack(aCommand('x'.repeat(65_536)), NOW));
  expect(answer).toMatchObject({ statusCode: 200, body: expect.stringContaining('too long') });
  expect(handedOver).toEqual([]);
});

it.each([
  ['slack', () => sign.signedBySlack('payload=%7B', NOW)],
  ['slack', () => sign.signedBySlack(aPress('evil:0', 'a'.repeat(22)), NOW)],
  ['slack', () => sign.signedBySlack(aPress('confirm:0', '{"id":"42"}'), NOW)],
  ['slack', () => sign.signedBySlack('%ff', NOW)],
  ['feishu', () => sign.signedByFeishu(aFeishuPress({ click: 'confirm', request: '../../x' }), NOW)],
  ['dingtalk', () => sign.signedByDingTalk({}, NOW)],
] as const)('answers what %s signed and makes no sense with 400', async (name, request) => {
  expect((await send(name, request())).statusCode).toBe(400);
  expect(handedOver).toEqual([]);
});

it('lets IDs say who it is, and never the name', async () => {
  await send('slack', sign.signedBySlack(aCommand('help', { user_name: 'ada', user_id: 'U0EVIL' }), NOW));
  expect(handedOver).toMatchObject([{ incoming: { from: { user: 'U0EVIL', tenant: 'T0001', enterprise: null } } }]);
});

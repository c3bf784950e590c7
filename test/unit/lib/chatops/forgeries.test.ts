import { expect, it } from 'vitest';
import {
  at,
  good,
  handedOver,
  NOW,
  type Request,
  SOURCES,
  send,
  withHeader,
  without,
} from '../../../support/chat/a-receiver.ts';
import { aCommand, aDingTalkMessage, aFeishuMessage, anAlert, aPress } from '../../../support/chat/messages.ts';
import * as sign from '../../../support/chat/sign.ts';

const SLACK_SIGNATURE = 'x-slack-signature';
const SLACK_TIME = 'x-slack-request-timestamp';
const respondingTo = (response_url: string) => sign.signedBySlack(aCommand('sessions local', { response_url }), NOW);
const feishuEvent = (over: object) => {
  const message = aFeishuMessage('sessions local');
  return sign.signedByFeishu({ ...message, header: { ...message.header, ...over } }, NOW);
};

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

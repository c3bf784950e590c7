import { at, good, NOW, type Request, withHeader, without } from './a-receiver.ts';
import {
  aCommand,
  aDingTalkMessage,
  aFeishuMessage,
  aFeishuPress,
  aGrafanaAlert,
  anAlert,
  aPagerDutyEvent,
  aPress,
  aSubmission,
} from './messages.ts';
import * as sign from './sign.ts';

/** A function that receives. */
export type Name = keyof typeof good;
/** What is wrong, at whom, the request, and its sender where that is not the usual one. */
type Forgery = readonly [what: string, name: Name, request: () => Request, source?: string];

const SIGNED = {
  slack: ['x-slack-signature', 'x-slack-request-timestamp', 300],
  feishu: ['x-lark-signature', 'x-lark-request-timestamp', 300],
  dingtalk: ['sign', 'timestamp', 3_600],
  webhook: ['webhook-signature', 'webhook-timestamp', 300],
} as const;
const signedAt: Readonly<Record<keyof typeof SIGNED, (now: Date) => Request>> = {
  slack: (now) => sign.signedBySlack(aCommand('sessions local'), now),
  feishu: (now) => sign.signedByFeishu(aFeishuMessage('sessions local'), now),
  dingtalk: (now) => sign.signedByDingTalk(aDingTalkMessage('sessions local'), now),
  webhook: (now) => sign.signedByWebhook({ command: 'sessions local', post: 'slack:ops' }, now),
};
const startOf = (signature: string): string => /^(v\d[=,])?/.exec(signature)?.[0] ?? '';

/** The same at every platform that signs a time. */
const timed = Object.entries(SIGNED).flatMap(([key, [signature, time, window]]): readonly Forgery[] => {
  const name = key as keyof typeof SIGNED;
  const bent = (header: string, bend: (value: string) => string) => () => {
    const request = good[name]();
    return withHeader(request, header, bend(request.headers[header] ?? ''));
  };
  return [
    ['no signature', name, () => without(good[name](), signature)],
    ['an empty signature', name, bent(signature, () => '')],
    ['a short signature', name, bent(signature, (value) => value.slice(0, 12))],
    ['a signature of other letters', name, bent(signature, (value) => startOf(value) + 'z'.repeat(64))],
    ['a signature with bytes beyond ASCII', name, bent(signature, (value) => `${startOf(value)}\u{1F600}`)],
    ['a signature twice', name, bent(signature, (value) => `${value},${value}`)],
    ['a stale time', name, () => signedAt[name](at(-window - 1))],
    ['a time of the future', name, () => signedAt[name](at(window + 1))],
    ['a time that is no number', name, bent(time, () => 'NaN')],
    ['a time with letters behind it', name, bent(time, (value) => `${value}abc`)],
    ['a time of another form', name, bent(time, (value) => `0x${Number(value).toString(16)}`)],
    ['no time', name, () => without(good[name](), time)],
  ];
});

const reencoded = (request: Request): Request => ({
  ...request,
  body: JSON.stringify(JSON.parse(request.body), null, 1),
});
const slackTo = (response_url: string) => () => sign.signedBySlack(aCommand('sessions local', { response_url }), NOW);
const dingtalkTo = (sessionWebhook: string) => () =>
  sign.signedByDingTalk(aDingTalkMessage('sessions local', { sessionWebhook }), NOW);
const OTHERS = [
  ['another host', 'https://evil.example/a'],
  ['a host that begins like ours', 'https://HOST.evil.example/a'],
  ['a host behind user info', 'https://HOST@evil.example/a'],
  ['user info of the right host', 'https://evil@HOST/a'],
  ['a port', 'https://HOST:8443/a'],
  ['plain HTTP', 'http://HOST/a'],
  ['a host past a backslash', 'https://HOST\\@evil.example/'],
  ['a fragment', 'https://HOST/a#b'],
] as const;
const addressed = OTHERS.flatMap(([what, url]): readonly Forgery[] => [
  [`an answer to ${what}`, 'slack', slackTo(url.replace('HOST', 'hooks.slack.com'))],
  [`an answer to ${what}`, 'dingtalk', dingtalkTo(url.replace('HOST', 'oapi.dingtalk.com'))],
]);

const feishuEvent = (over: object) => {
  const message = aFeishuMessage('sessions local');
  return sign.signedByFeishu({ ...message, header: { ...message.header, ...over } }, NOW);
};
const ID = 'a'.repeat(22);
const stranger = { user: { id: 'U0ADA', team_id: 'T0002' } };
/** What a modal of ours bears. */
export const aView = (responseUrl: string) => ({
  callback_id: 'reason',
  private_metadata: JSON.stringify({ request: ID, responseUrl }),
});
const feishuPress = aFeishuPress({ click: 'confirm', request: ID });

/** Everything that somebody might send in a platform's name: one line each. */
export const FORGERIES: readonly Forgery[] = [
  ...timed,
  ...addressed,
  ['a body encoded anew', 'slack', () => ({ ...good.slack(), body: good.slack().body.replaceAll('+', '%20') })],
  ['a body encoded anew', 'feishu', () => reencoded(good.feishu())],
  ['a body encoded anew', 'webhook', () => reencoded(good.webhook())],
  [
    'a Grafana body encoded anew',
    'alert',
    () => reencoded(sign.signedByAlerter(aGrafanaAlert(), 'grafana')),
    'grafana',
  ],
  [
    'a PagerDuty body encoded anew',
    'alert',
    () => reencoded(sign.signedByAlerter(aPagerDutyEvent(), 'pagerduty')),
    'pagerduty',
  ],
  ['a key that is another', 'slack', () => sign.signedBySlack(aCommand('sessions local'), NOW, 'other')],
  ['a key that is another', 'feishu', () => sign.signedByFeishu(aFeishuMessage('x'), NOW, 'other key')],
  ['a key that is another', 'dingtalk', () => sign.signedByDingTalk(aDingTalkMessage('x'), NOW, 'other key')],
  ['another app', 'slack', () => sign.signedBySlack(aCommand('sessions local', { api_app_id: 'A0OTHER' }), NOW)],
  [
    'another app, at a button',
    'slack',
    () => sign.signedBySlack(aPress('confirm:0', ID, { api_app_id: 'A0OTHER' }), NOW),
  ],
  ['another team', 'slack', () => sign.signedBySlack(aCommand('sessions local', { team_id: 'T0002' }), NOW)],
  [
    'a button of the same user ID of another team',
    'slack',
    () => sign.signedBySlack(aPress('confirm:0', ID, stranger), NOW),
  ],
  [
    'a modal of the same user ID of another team',
    'slack',
    () => sign.signedBySlack(aSubmission(aView('https://hooks.slack.com/a'), 'x', stranger), NOW),
  ],
  [
    'a modal that answers to another host',
    'slack',
    () => sign.signedBySlack(aSubmission(aView('https://evil.example/'), 'x'), NOW),
  ],
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
    'the same open ID of another tenant',
    'feishu',
    () => sign.signedByFeishu(aFeishuMessage('x', 'e', 'ou_ada', 'tenant2'), NOW),
  ],
  [
    'the same open ID of another tenant, at a button',
    'feishu',
    () =>
      sign.signedByFeishu(
        { ...feishuPress, event: { ...feishuPress.event, operator: { open_id: 'ou_ada', tenant_key: 'tenant2' } } },
        NOW,
      ),
  ],
  [
    'another corporation',
    'dingtalk',
    () => sign.signedByDingTalk(aDingTalkMessage('x', { senderCorpId: 'ding2' }), NOW),
  ],
  [
    'a captured signature under the body of another corporation',
    'dingtalk',
    () => ({ ...good.dingtalk(), body: JSON.stringify(aDingTalkMessage('x', { senderCorpId: 'ding9' })) }),
  ],
  ['no ID', 'webhook', () => without(good.webhook(), 'webhook-id')],
  ['another ID', 'webhook', () => withHeader(good.webhook(), 'webhook-id', 'msg_2')],
  ['a sender that is not known', 'webhook', good.webhook, 'other'],
  ['a sender named like a part of JavaScript', 'webhook', good.webhook, '__proto__'],
  ['a sender that is not known', 'alert', good.alert, 'other'],
  ['no token', 'alert', () => without(good.alert(), 'authorization')],
  ['a short token', 'alert', () => withHeader(good.alert(), 'authorization', 'Bearer alertmanager')],
  ['the token of another', 'alert', () => withHeader(good.alert(), 'authorization', 'Bearer grafana-signing-key')],
  ...(['grafana', 'pagerduty'] as const).flatMap((from): readonly Forgery[] => {
    const header = from === 'grafana' ? 'x-grafana-alerting-signature' : 'x-pagerduty-signature';
    const alert = () => sign.signedByAlerter(from === 'grafana' ? aGrafanaAlert() : aPagerDutyEvent(), from);
    return [
      [`no signature of ${from}`, 'alert', () => without(alert(), header), from],
      [`a short signature of ${from}`, 'alert', () => withHeader(alert(), header, 'v1=ab'), from],
      [`a signature of other letters of ${from}`, 'alert', () => withHeader(alert(), header, 'z'.repeat(64)), from],
      [
        `a signature of another body of ${from}`,
        'alert',
        () => ({ ...alert(), body: JSON.stringify(anAlert()) }),
        from,
      ],
    ];
  }),
];

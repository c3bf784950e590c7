import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { VERIFY } from '../../../../lib/chatops/alert/verify.ts';
import { parseChatSecrets } from '../../../../lib/chatops/all-secrets.ts';
import { decryptFeishu, verifyFeishu } from '../../../../lib/chatops/feishu/verify.ts';
import { json, utf8 } from '../../../../lib/chatops/read-json.ts';
import { configured, hmac, isFresh, isSame } from '../../../../lib/chatops/signature.ts';
import { verifySlack } from '../../../../lib/chatops/slack/verify.ts';
import { verifyWebhook } from '../../../../lib/chatops/webhook/channel.ts';
import { good, NOW, type Request, SOURCES, withHeader, without } from '../../../support/chat/a-receiver.ts';
import { CODE } from '../../../support/chat/channel-code.ts';
import { aFeishuPress, aGrafanaAlert, anAlert, aPagerDutyEvent, aPress } from '../../../support/chat/messages.ts';
import { CHAT_SECRETS } from '../../../support/chat/secrets.ts';
import * as sign from '../../../support/chat/sign.ts';

const ID = 'r'.repeat(22);
const CHANNEL_LIST = Object.values(CODE);
const signed = ({ headers, body }: Request, source: string | null = null) => ({
  headers,
  body: Buffer.from(body),
  source,
});

/** What a channel makes of a request. */
function receive(name: string, request: Request, source: string | null = null, secrets = CHAT_SECRETS): unknown {
  const channel = CHANNEL_LIST.find((one) => one.about.name === name);
  if (channel === undefined) throw new Error(`no channel ${name}`);
  return channel.receive(signed(request, source), secrets, NOW);
}
const refusal = (detail: string, code = 'signature-invalid') => expect.objectContaining({ code, detail });
const person = (channel: string, tenant: string, user: string) => ({ channel, enterprise: null, tenant, user });
const key = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}.{20,}$`));
const LABELS = { alertname: 'ConnectionsFull', target: 'local' };
const alerted = (source: string, title: string, labels: unknown, once: unknown) => ({
  do: 'work',
  incoming: { kind: 'alert', source, title, labels },
  once,
  acknowledgement: {},
});

describe('a signed request becomes what it says, and nothing else', () => {
  it('of Slack', () => {
    const from = person('slack', 'T0001', 'U0ADA');
    const once = { key: key('slack/v0='), seconds: 900, again: 'refuse' };
    expect(receive('slack', good.slack())).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from,
        text: 'sessions local',
        to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/commands/T0001/1/a' },
      },
      once,
      acknowledgement: null,
    });
    expect(receive('slack', sign.signedBySlack(aPress('confirm', ID), NOW))).toEqual({
      do: 'work',
      incoming: {
        kind: 'click',
        from,
        click: 'confirm',
        request: ID,
        to: { channel: 'slack', responseUrl: 'https://hooks.slack.com/actions/T0001/1/a' },
      },
      once,
      acknowledgement: null,
    });
  });

  it('of Feishu', () => {
    const from = person('feishu', 'tenant1', 'ou_ada');
    expect(receive('feishu', good.feishu())).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from,
        text: 'sessions local',
        to: { channel: 'feishu', chat: 'oc_1', cardToken: null },
      },
      once: { key: 'feishu/event-1', seconds: 86_400, again: 'acknowledge' },
      acknowledgement: {},
    });
    expect(receive('feishu', sign.signedByFeishu(aFeishuPress({ click: 'confirm', request: ID }), NOW))).toEqual({
      do: 'work',
      incoming: {
        kind: 'click',
        from,
        click: 'confirm',
        request: ID,
        to: { channel: 'feishu', chat: 'oc_1', cardToken: 'c-1' },
      },
      once: { key: 'feishu/event-2', seconds: 86_400, again: 'acknowledge' },
      acknowledgement: {},
    });
  });

  it('of DingTalk and of a machine', () => {
    expect(receive('dingtalk', good.dingtalk())).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from: person('dingtalk', 'ding1', 'ada01'),
        text: 'sessions local',
        to: { channel: 'dingtalk', sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=s1' },
      },
      once: { key: key('dingtalk/'), seconds: 10_800, again: 'refuse' },
      acknowledgement: {},
    });
    expect(receive('webhook', good.webhook(), 'deployer')).toEqual({
      do: 'work',
      incoming: {
        kind: 'message',
        from: person('webhook', 'webhook', 'deployer'),
        text: 'sessions local',
        to: { channel: 'place', place: 'slack:ops' },
      },
      once: { key: 'webhook/msg_1/deployer', seconds: 900, again: 'compare' },
      acknowledgement: { accepted: true },
    });
  });

  it('of the alerters, each once as it tells its own apart', () => {
    const few = (source: string) => ({ key: key(`alert/${source}/`), seconds: 300, again: 'acknowledge' });
    const title = 'Connections are nearly used up';
    expect(receive('alert', sign.signedByAlerter(anAlert(), 'prod'), 'prod')).toEqual(
      alerted('prod', title, [LABELS, LABELS], few('prod')),
    );
    expect(receive('alert', sign.signedByAlerter(aGrafanaAlert(), 'grafana'), 'grafana')).toEqual(
      alerted('grafana', title, [LABELS, LABELS], few('grafana')),
    );
    expect(receive('alert', sign.signedByAlerter(aPagerDutyEvent(), 'pagerduty'), 'pagerduty')).toEqual(
      alerted('pagerduty', 'Checkout is slow', [{ service: 'local' }], {
        key: 'alert/pagerduty/01DX3Q0AXY6W3P',
        seconds: 604_800,
        again: 'acknowledge',
      }),
    );
    expect(
      receive('alert', sign.signedByAlerter(aPagerDutyEvent('incident.resolved'), 'pagerduty'), 'pagerduty'),
    ).toEqual({ do: 'answer', body: {} });
    expect(receive('alert', sign.signedByAlerter(anAlert({ status: 'resolved' }), 'prod'), 'prod')).toEqual({
      do: 'answer',
      body: {},
    });
  });
});

describe('a refusal says which part does not hold', () => {
  it.each([
    ['slack', 'x-slack-signature', 'X-Slack-Signature does not hold.'],
    ['slack', 'x-slack-request-timestamp', 'X-Slack-Request-Timestamp is not of now.'],
    ['feishu', 'x-lark-request-timestamp', 'X-Lark-Request-Timestamp is not of now.'],
    ['dingtalk', 'timestamp', 'timestamp is not of now.'],
    ['dingtalk', 'sign', 'sign does not hold.'],
    ['webhook', 'webhook-id', 'webhook-id is missing or not of its form.'],
    ['webhook', 'webhook-timestamp', 'webhook-timestamp is not of now.'],
    ['webhook', 'webhook-signature', 'webhook-signature does not hold.'],
    ['alert', 'authorization', 'Authorization does not hold.'],
  ] as const)('%s without %s', (name, header, detail) => {
    const source = SOURCES[name] ?? null;
    expect(() => receive(name, without(good[name](), header), source)).toThrow(refusal(detail));
    expect(() => receive(name, withHeader(good[name](), header, 'x y'), source)).toThrow(refusal(detail));
  });

  it('and nothing that is not configured is taken', () => {
    const none = parseChatSecrets('{}');
    for (const name of ['slack', 'feishu', 'dingtalk', 'webhook', 'alert'] as const)
      expect(() => receive(name, good[name](), SOURCES[name] ?? null, none)).toThrow(
        expect.objectContaining({
          code: 'signature-invalid',
          detail: expect.stringMatching(/^.+ is not configured\.$/),
        }),
      );
    for (const name of ['webhook', 'alert'] as const)
      for (const source of ['__proto__', 'toString', '', null])
        expect(() => receive(name, good[name](), source)).toThrow(
          expect.objectContaining({ code: 'signature-invalid' }),
        );
    expect(() => configured(undefined, 'It')).toThrow(refusal('It is not configured.'));
    expect(configured(0, 'It')).toBe(0);
  });
});

describe('the pieces of a signature', () => {
  it('is fresh on both sides of the window, in whole numbers alone', () => {
    const seconds = NOW.getTime() / 1000;
    for (const [off, fresh] of [
      [0, true],
      [300, true],
      [-300, true],
      [301, false],
      [-301, false],
    ] as const) {
      expect([off, isFresh(String(seconds + off), NOW, 1000, 300)]).toEqual([off, fresh]);
      expect([off, isFresh(String(1000 * (seconds + off)), NOW, 1, 300)]).toEqual([off, fresh]);
    }
    for (const text of [
      '',
      '0',
      `0${seconds}`,
      `-${seconds}`,
      `+${seconds}`,
      ` ${seconds}`,
      `${seconds} `,
      `${seconds}\n`,
      `${seconds}.0`,
      `${seconds}e0`,
      `x${seconds}`,
      `${seconds}x`,
      'NaN',
    ])
      expect([text, isFresh(text, NOW, 1000, 300)]).toEqual([text, false]);
  });

  it('is the same by all of its characters', () => {
    expect([
      isSame('abc', 'abc'),
      isSame('abc', 'abd'),
      isSame('', 'a'),
      isSame('abc', 'abcd'),
      isSame('', ''),
    ]).toEqual([true, false, false, false, true]);
    const right = createHmac('sha256', 'k').update('ab').digest();
    expect(hmac('k', ['a', Buffer.from('b')], 'hex')).toBe(right.toString('hex'));
    expect(hmac(Buffer.from('k'), ['ab'], 'base64')).toBe(right.toString('base64'));
  });

  it('of an alerter is of the body, by any of several', () => {
    const body = Buffer.from('{"a":1}');
    const hex = createHmac('sha256', 'secret').update(body).digest('hex');
    const check =
      (from: keyof typeof VERIFY, headers: Readonly<Record<string, string>>, of = body) =>
      () =>
        VERIFY[from]({ headers, body: of, source: null }, 'secret');
    expect(check('grafana', { 'x-grafana-alerting-signature': hex })).not.toThrow();
    expect(check('grafana', { 'x-grafana-alerting-signature': hex }, Buffer.from('{}'))).toThrow(
      refusal('X-Grafana-Alerting-Signature does not hold.'),
    );
    expect(check('grafana', {})).toThrow(refusal('X-Grafana-Alerting-Signature does not hold.'));
    const several = (count: number, right: string) => ({
      'x-pagerduty-signature': [...Array.from({ length: count }, () => 'v1=0'), right].join(','),
    });
    for (const headers of [several(0, `v1=${hex}`), several(1, ` v1=${hex} `), several(9, `v1=${hex}`)])
      expect(check('pagerduty', headers)).not.toThrow();
    for (const headers of [{}, several(10, `v1=${hex}`), several(0, hex), several(0, `v2=${hex}`)])
      expect(check('pagerduty', headers)).toThrow(refusal('X-PagerDuty-Signature does not hold.'));
    expect(check('pagerduty', several(0, `v1=${hex}`), Buffer.from('{}'))).toThrow(
      refusal('X-PagerDuty-Signature does not hold.'),
    );
    expect(check('alertmanager', { authorization: 'Bearer secret' })).not.toThrow();
    for (const authorization of ['', 'secret', 'bearer secret', 'Bearer secret ', 'Bearer secre'])
      expect(check('alertmanager', { authorization })).toThrow(refusal('Authorization does not hold.'));
  });

  it('is kept from being used again for longer than it is fresh', () => {
    const slack = good.slack();
    expect(verifySlack(signed(slack), CHAT_SECRETS.slack?.signingSecret ?? '', NOW)).toEqual({
      key: `slack/${slack.headers['x-slack-signature']}`,
      seconds: 900,
      again: 'refuse',
    });
    expect(verifyWebhook(signed(good.webhook()), CHAT_SECRETS.webhook?.['deployer'] ?? '', NOW)).toEqual({
      key: 'webhook/msg_1',
      seconds: 900,
      again: 'compare',
    });
    const feishu = good.feishu();
    expect(() => verifyFeishu(signed(feishu), 'test key', NOW)).not.toThrow();
    for (const header of ['x-lark-signature', 'x-lark-request-nonce'])
      expect(() => verifyFeishu(signed(without(feishu, header)), 'test key', NOW)).toThrow(
        refusal('X-Lark-Signature does not hold.'),
      );
  });

  it('opens what Feishu encrypted, and nothing else', () => {
    const sealed = 'P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=';
    expect(decryptFeishu(sealed, 'test key')).toBe('hello world');
    for (const broken of ['', 'x', sealed.slice(0, 20)])
      expect(() => decryptFeishu(broken, 'test key')).toThrow(refusal('The body was not encrypted with our key.'));
  });

  it('reads bytes as UTF-8 and JSON, or says that they are not', () => {
    expect(utf8(Buffer.from('\uFEFFé'))).toBe('\uFEFFé');
    expect(() => utf8(Buffer.from([0xff]))).toThrow(refusal('body: is not UTF-8.', 'request-invalid'));
    expect(json('{"a":1}')).toEqual({ a: 1 });
    expect(() => json('{')).toThrow(refusal('body: is not JSON.', 'request-invalid'));
  });
});

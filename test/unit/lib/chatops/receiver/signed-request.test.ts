import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Alerter, verifyAlert } from '../../../../../lib/chatops/channels/alert/channel.ts';
import { decryptFeishu, verifyFeishu } from '../../../../../lib/chatops/channels/feishu/receive.ts';
import { verifySlack } from '../../../../../lib/chatops/channels/slack/receive.ts';
import { verifyWebhook } from '../../../../../lib/chatops/channels/webhook/channel.ts';
import { hmac, isFresh, isSame, json, utf8 } from '../../../../../lib/chatops/receiver/signed-request.ts';
import { good, NOW, without } from '../../../../support/chat/a-receiver.ts';
import { signed } from '../../../../support/chat/received.ts';
import { CHAT_SECRETS, SENDER_SECRET } from '../../../../support/chat/secrets.ts';

const refusal = (detail: string, code = 'signature-invalid') => expect.objectContaining({ code, detail });

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
    const doesNotHold = refusal('The sender is not known, or its proof does not hold.');
    const hex = createHmac('sha256', 'secret').update(body).digest('hex');
    const check =
      (from: Alerter['from'], headers: Readonly<Record<string, string>>, of = body) =>
      () =>
        verifyAlert({ headers, body: of, source: null }, { from, secret: 'secret' });
    expect(check('grafana', { 'x-grafana-alerting-signature': hex })).not.toThrow();
    expect(check('grafana', { 'x-grafana-alerting-signature': hex }, Buffer.from('{}'))).toThrow(doesNotHold);
    expect(check('grafana', {})).toThrow(doesNotHold);
    const several = (count: number, right: string) => ({
      'x-pagerduty-signature': [...Array.from({ length: count }, () => 'v1=0'), right].join(','),
    });
    for (const headers of [several(0, `v1=${hex}`), several(1, ` v1=${hex} `), several(9, `v1=${hex}`)])
      expect(check('pagerduty', headers)).not.toThrow();
    for (const headers of [{}, several(10, `v1=${hex}`), several(0, hex), several(0, `v2=${hex}`)])
      expect(check('pagerduty', headers)).toThrow(doesNotHold);
    expect(check('pagerduty', several(0, `v1=${hex}`), Buffer.from('{}'))).toThrow(doesNotHold);
    expect(check('alertmanager', { authorization: 'Bearer secret' })).not.toThrow();
    for (const authorization of ['', 'secret', 'bearer secret', 'Bearer secret ', 'Bearer secre'])
      expect(check('alertmanager', { authorization })).toThrow(doesNotHold);
    expect(() =>
      verifyAlert({ headers: { 'x-grafana-alerting-signature': hex }, body, source: null }, undefined),
    ).toThrow(doesNotHold);
  });

  it('is kept from being used again for longer than it is fresh', () => {
    const slack = good.slack();
    expect(verifySlack(signed(slack), CHAT_SECRETS.slack?.signingSecret ?? '', NOW)).toEqual({
      key: `slack/${slack.headers['x-slack-signature']}`,
      seconds: 900,
      again: 'refuse',
    });
    expect(verifyWebhook(signed(good.webhook()), SENDER_SECRET, NOW)).toEqual({
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

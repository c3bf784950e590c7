import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { CHAT_SECRETS, SENDER_SECRET } from './secrets.ts';

/** A request as a platform sends it. */
export interface PlatformRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const seconds = (now: Date): string => String(Math.floor(now.getTime() / 1000));
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);

/** A form signed as Slack documents it. */
export function signedBySlack(
  body: string,
  now: Date,
  secret = CHAT_SECRETS.slack?.signingSecret ?? '',
): PlatformRequest {
  const timestamp = seconds(now);
  const signature = `v0=${mac(secret, `v0:${timestamp}:${body}`).digest('hex')}`;
  const type = 'application/x-www-form-urlencoded';
  return {
    headers: { 'content-type': type, 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature },
    body,
  };
}

/** JSON encrypted as Feishu documents it. */
export function encryptedByFeishu(value: unknown, key = CHAT_SECRETS.feishu?.encryptKey ?? ''): string {
  const iv = Buffer.alloc(16, 7);
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(key).digest(), iv);
  const bytes = Buffer.concat([iv, cipher.update(JSON.stringify(value)), cipher.final()]);
  return JSON.stringify({ encrypt: bytes.toString('base64') });
}

/** An event encrypted and signed as Feishu documents it. */
export function signedByFeishu(
  value: unknown,
  now: Date,
  key = CHAT_SECRETS.feishu?.encryptKey ?? '',
): PlatformRequest {
  const body = encryptedByFeishu(value, key);
  const timestamp = seconds(now);
  const signature = createHash('sha256').update(`${timestamp}nonce1${key}${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-lark-request-timestamp': timestamp,
    'x-lark-request-nonce': 'nonce1',
    'x-lark-signature': signature,
  };
  return { headers, body };
}

/** A message with DingTalk's signature, which does not cover it. */
export function signedByDingTalk(
  value: unknown,
  now: Date,
  secret = CHAT_SECRETS.dingtalk?.appSecret ?? '',
): PlatformRequest {
  const timestamp = String(now.getTime());
  const sign = mac(secret, `${timestamp}\n${secret}`).digest('base64');
  return { headers: { 'content-type': 'application/json', timestamp, sign }, body: JSON.stringify(value) };
}

/** A body signed by Standard Webhooks, as its specification writes it. */
export function signedByWebhook(value: unknown, now: Date, id = 'msg_1', secret = SENDER_SECRET): PlatformRequest {
  const body = JSON.stringify(value);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = `v1,${mac(key, `${id}.${seconds(now)}.${body}`).digest('base64')}`;
  const headers = { 'webhook-id': id, 'webhook-timestamp': seconds(now), 'webhook-signature': signature };
  return { headers: { 'content-type': 'application/json', ...headers }, body };
}

/** An alert with its sender's proof. */
export function signedByAlerter(value: unknown, source: 'prod' | 'grafana' | 'pagerduty'): PlatformRequest {
  const body = JSON.stringify(value);
  const secret = CHAT_SECRETS.alert?.[source]?.secret ?? '';
  const hex = mac(secret, body).digest('hex');
  const proof = {
    prod: { authorization: `Bearer ${secret}` },
    grafana: { 'x-grafana-alerting-signature': hex },
    pagerduty: { 'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${hex}` },
  }[source];
  return { headers: { 'content-type': 'application/json', ...proof }, body };
}

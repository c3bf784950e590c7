import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** A request as a platform sends it. */
export interface SignedByPlatform {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const seconds = (): string => String(Math.floor(Date.now() / 1000));

/** A form, signed as Slack does. */
export function signAsSlack(form: Readonly<Record<string, string>>, signingSecret: string): SignedByPlatform {
  const body = new URLSearchParams(form).toString();
  const timestamp = seconds();
  const hex = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const type = 'application/x-www-form-urlencoded';
  return {
    headers: { 'content-type': type, 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${hex}` },
    body,
  };
}

/** An event, encrypted and signed as Feishu does. */
export function signAsFeishu(event: unknown, encryptKey: string): SignedByPlatform {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(encryptKey).digest(), iv);
  const bytes = Buffer.concat([iv, cipher.update(JSON.stringify(event)), cipher.final()]);
  const body = JSON.stringify({ encrypt: bytes.toString('base64') });
  const [timestamp, nonce] = [seconds(), randomBytes(8).toString('hex')];
  const signature = createHash('sha256')
    .update(timestamp + nonce + encryptKey + body)
    .digest('hex');
  const headers = {
    'x-lark-request-timestamp': timestamp,
    'x-lark-request-nonce': nonce,
    'x-lark-signature': signature,
  };
  return { headers: { 'content-type': 'application/json', ...headers }, body };
}

import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Play, Playing, ShownButton, ShownMessage, SignedByPlatform } from '../play.ts';
import { fields, list, textOf } from '../play.ts';

/** An event, encrypted and signed as Feishu does. */
function signed(event_type: string, event: unknown, { secrets, now, as }: Playing): SignedByPlatform {
  const { app = '', encryptKey = '', verificationToken: token = '' } = secrets.feishu ?? {};
  const header = { event_id: randomUUID(), event_type, token, app_id: app, tenant_key: as.split('/')[0] };
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(encryptKey).digest(), iv);
  const text = JSON.stringify({ schema: '2.0', header, event });
  const body = JSON.stringify({ encrypt: Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64') });
  const [timestamp, nonce] = [String(Math.floor(now.getTime() / 1000)), randomBytes(8).toString('hex')];
  const signature = createHash('sha256')
    .update(timestamp + nonce + encryptKey + body)
    .digest('hex');
  return {
    headers: {
      'content-type': 'application/json',
      'x-lark-request-timestamp': timestamp,
      'x-lark-request-nonce': nonce,
      'x-lark-signature': signature,
    },
    body,
  };
}

function shown({ pathname }: URL, body: unknown): ShownMessage | undefined {
  if (pathname.endsWith('/tenant_access_token/internal')) return undefined;
  const { content, card, receive_id } = fields(body);
  const found = fields(typeof content === 'string' ? JSON.parse(content) : card);
  const lines = [textOf(fields(found['header'])['title'], 'content')];
  const buttons: ShownButton[] = [];
  for (const element of list(fields(found['body'])['elements']).map(fields)) {
    const text = textOf(element['text'], 'content') || textOf(element, 'content');
    if (element['tag'] !== 'button') {
      if (text !== '') lines.push(text);
      continue;
    }
    buttons.push({ label: text, action: '', value: fields(list(element['behaviors'])[0])['value'] });
    lines.push(`  [${buttons.length}] ${text}`);
  }
  return { lines, buttons, isAtPlace: receive_id === 'oc_ops' };
}

/** Feishu on one machine. */
export const play: Play = {
  secret: () => ({
    app: 'cli_local',
    appSecret: randomBytes(24).toString('base64'),
    encryptKey: randomBytes(24).toString('base64'),
    verificationToken: randomBytes(24).toString('base64'),
    tenants: ['local'],
    places: { ops: 'oc_ops' },
  }),
  command: (line, playing) => {
    const [tenant_key, open_id] = playing.as.split('/');
    const sender = { sender_type: 'user', tenant_key, sender_id: { open_id } };
    const message = { chat_id: 'oc_local', message_type: 'text', content: JSON.stringify({ text: line }) };
    return signed('im.message.receive_v1', { sender, message }, playing);
  },
  press: ({ value }, playing) => {
    const [tenant_key, open_id] = playing.as.split('/');
    const context = { open_chat_id: 'oc_local' };
    const pressed = {
      operator: { open_id, tenant_key },
      token: randomUUID(),
      action: { tag: 'button', value },
      context,
    };
    return signed('card.action.trigger', pressed, playing);
  },
  screen: {
    hosts: ['open.feishu.cn'],
    accepted: { code: 0, tenant_access_token: 'local' },
    shown,
  },
};

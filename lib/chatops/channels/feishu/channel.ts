import * as z from 'zod/mini';
import { AppError } from '../../../errors.ts';
import type { ChatAnswer } from '../../messages/answer.ts';
import { configured } from '../../receiver/signature.ts';
import type { ChatSecrets } from '../../secrets.ts';
import type { Poster } from '../../worker/poster.ts';
import { hasCode } from '../../worker/poster.ts';
import type { Channel, ReplyTo } from '../channel.ts';
import { placeIn } from '../channel.ts';
import { feishu } from './about.ts';
import { receiveFeishu } from './receive.ts';
import { renderFeishu } from './render.ts';

const tokenSchema = z.object({ tenant_access_token: z.string().check(z.minLength(1)) });
const isAccepted = hasCode('code', 0);

/** Feishu and Lark: messages and card buttons in; cards by the messages API and by late update out. */
export const channel: Channel = {
  about: feishu,
  receive: receiveFeishu,
  render: renderFeishu,
  deliver: async (poster, secrets, to, answer) => {
    const own = configured(secrets.feishu, 'feishu');
    const base = `https://${own.host}/open-apis`;
    const hosts = [own.host];
    const headers = { authorization: `Bearer ${await tenantToken(poster, own)}` };
    const { path, body } = messageTo(to, secrets, answer);
    await poster.post({ url: `${base}${path}`, body, hosts, headers, isAccepted });
  },
};

function messageTo(to: ReplyTo, secrets: ChatSecrets, answer: ChatAnswer): { path: string; body: unknown } {
  const card = renderFeishu(answer);
  // An update shows to all who see the card, so only what takes its place goes there.
  if (to.channel === 'feishu' && to.cardToken !== null && answer.replaces)
    return { path: '/interactive/v1/card/update', body: { token: to.cardToken, card } };
  if (to.channel !== 'feishu' && to.channel !== 'place') throw new AppError('internal');
  const chat = to.channel === 'feishu' ? to.chat : placeIn(secrets.feishu?.places, to.place);
  const body = { receive_id: chat, msg_type: 'interactive', content: JSON.stringify(card) };
  return { path: '/im/v1/messages?receive_id_type=chat_id', body };
}

/** A bearer token of the app; it lives for two hours and costs one request, so none is kept. */
async function tenantToken(
  poster: Poster,
  { host, app, appSecret }: NonNullable<ChatSecrets['feishu']>,
): Promise<string> {
  const url = `https://${host}/open-apis/auth/v3/tenant_access_token/internal`;
  const body = { app_id: app, app_secret: appSecret };
  const answer: unknown = JSON.parse(await poster.post({ url, body, hosts: [host], isAccepted }));
  const token = z.safeParse(tokenSchema, answer);
  if (!token.success) throw new AppError('chat-failed', { detail: `${host}: no token in the answer.` });
  return token.data.tenant_access_token;
}

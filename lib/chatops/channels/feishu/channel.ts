import * as z from 'zod/mini';
import { AppError } from '../../../errors.ts';
import {
  type ChatAnswer,
  type ChatButton,
  MAX_ROWS,
  plainPicture,
  plainText,
  withoutReason,
} from '../../messages/answer.ts';
import { configured } from '../../receiver/signed-request.ts';
import { hasCode, type Poster } from '../../worker/poster.ts';
import { type Channel, type ChatSecrets, placeIn, type ReplyTo } from '../channel.ts';
import { feishu } from './about.ts';
import { receiveFeishu } from './receive.ts';

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

/** Feishu takes 30 KB a card. */
const MAX_BYTES = 28_000;

// Plain text only: `lark_md` would let a value mention everybody or hide a link.
const text = (value: string, max: number) => ({
  tag: 'div',
  text: { tag: 'plain_text', content: plainText(value, max) || '–' },
});

const button = ({ label, click, request, danger, confirm }: ChatButton) => ({
  tag: 'button',
  text: { tag: 'plain_text', content: plainText(label, 60) },
  type: danger ? 'danger' : 'default',
  behaviors: [{ type: 'callback', value: { click, request } }],
  ...(confirm !== null && {
    confirm: {
      title: { tag: 'plain_text', content: 'Are you sure?' },
      text: { tag: 'plain_text', content: plainText(confirm, 300) },
    },
  }),
});

const PERSON = /^ou_[A-Za-z0-9_]{2,120}$/;

/** The one markup that we write, of IDs alone: it rings their telephones. */
function mentions(people: readonly string[]) {
  const known = people.filter((id) => PERSON.test(id)).map((id) => `<at id=${id}></at>`);
  return known.length === 0 ? [] : [{ tag: 'markdown', content: known.join(' ') }];
}

/** Lines in letters of one width: a code block, which nothing in a line can end or format. */
function picture(lines: readonly string[]) {
  const content = plainPicture(lines, 300).join('\n');
  return content === '' ? [] : [{ tag: 'markdown', content: `\`\`\`\n${content}\n\`\`\`` }];
}

/** The answer as a card (JSON 2.0), within Feishu's limits. */
function renderFeishu(answer: ChatAnswer): unknown {
  const rows = answer.rows
    .slice(0, MAX_ROWS)
    .map(({ head, code, button: one }) => [
      text(code === null ? head : `${head} · ${code}`, 400),
      ...(one === null ? [] : [button(one)]),
    ]);
  const first = [
    ...mentions(answer.mentions),
    ...answer.lines.slice(0, MAX_ROWS).map((line) => text(line, 600)),
    ...picture(answer.picture),
  ];
  const last = withoutReason(answer).buttons.map(button);
  const shown: unknown[] = [...first];
  let bytes = Buffer.byteLength(JSON.stringify([first, last])) + 1_000;
  for (const row of rows) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (bytes > MAX_BYTES) break;
    shown.push(...row);
  }
  return {
    schema: '2.0',
    config: { update_multi: true },
    header: { title: { tag: 'plain_text', content: plainText(answer.title, 150) } },
    body: { elements: [...shown, ...last] },
  };
}

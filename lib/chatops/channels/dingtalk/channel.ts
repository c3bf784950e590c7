import * as z from 'zod/mini';
import { AppError } from '../../../errors.ts';
import { type ChatAnswer, MAX_COMMAND, MAX_ROWS, plainPicture, plainText, tooLong } from '../../messages/answer.ts';
import {
  configured,
  headerOf,
  hmac,
  isFresh,
  isSame,
  json,
  shaped,
  signatureInvalid,
  utf8,
} from '../../receiver/signed-request.ts';
import { hasCode, isPinned } from '../../worker/poster.ts';
import { type Channel, type ChatSecrets, type Once, placeIn, type Received, type SignedRequest } from '../channel.ts';
import { dingtalk } from './about.ts';

/** The only host of `sessionWebhook`. */
const DINGTALK_HOSTS = ['oapi.dingtalk.com'] as const;

const WINDOW_SECONDS = 3_600;
const id = z.string().check(z.regex(/^[\w.$:@-]{1,128}$/));
const bodySchema = z.object({
  msgtype: z.literal('text'),
  senderCorpId: id,
  senderStaffId: id,
  sessionWebhook: z.string(),
  text: z.object({ content: z.string() }),
});

/**
 * DingTalk's signature: base64 of the HMAC-SHA256 of `{timestamp}\n{app secret}` with the app secret, times in
 * milliseconds (open.dingtalk.com, "Receive messages"). It does not cover the body.
 *
 * @throws AppError `signature-invalid`
 */
export function verifyDingTalk(request: Pick<SignedRequest, 'headers'>, appSecret: string, now: Date): Once {
  const timestamp = headerOf(request, 'timestamp');
  const sign = headerOf(request, 'sign');
  if (!isFresh(timestamp, now, 1, WINDOW_SECONDS)) throw signatureInvalid('timestamp is not of now.');
  if (!isSame(sign, hmac(appSecret, [`${timestamp}\n${appSecret}`], 'base64')))
    throw signatureInvalid('sign does not hold.');
  // By the signature, not by the message's ID: an attacker who has caught one could put any body under it.
  return { key: `dingtalk/${sign}`, seconds: 3 * WINDOW_SECONDS, again: 'refuse' };
}

/** A message to the robot. */
function receiveDingTalk(request: SignedRequest, secrets: ChatSecrets, now: Date): Received {
  const dingtalk = configured(secrets.dingtalk, 'dingtalk');
  const once = verifyDingTalk(request, dingtalk.appSecret, now);
  const body = shaped(bodySchema, json(utf8(request.body)));
  if (!dingtalk.corporations.includes(body.senderCorpId))
    throw signatureInvalid('The corporation is not one of those configured.');
  if (!isPinned(body.sessionWebhook, DINGTALK_HOSTS))
    throw signatureInvalid('sessionWebhook is not an address of DingTalk.');
  const text = body.text.content.trim();
  if (text.length > MAX_COMMAND) return { do: 'answer', body: renderDingTalk(tooLong()) };
  const from = { channel: 'dingtalk', enterprise: null, tenant: body.senderCorpId, user: body.senderStaffId } as const;
  const to = { channel: 'dingtalk', sessionWebhook: body.sessionWebhook } as const;
  return { do: 'work', incoming: { kind: 'message', from, text, to }, once, acknowledgement: {} };
}

/** DingTalk takes 20,000 bytes a message; a telephone takes less. */
const MAX_BYTES = 16_000;

/** The answer as a message of plain text, which DingTalk does not format. Buttons are left out: here nothing is ended. */
function renderDingTalk({ title, lines, picture, rows }: ChatAnswer): unknown {
  const all = [
    plainText(title, 150),
    ...lines.map((line) => plainText(line, 600)),
    ...plainPicture(picture, 300),
    ...rows.slice(0, MAX_ROWS).map(({ head, code }) => plainText(code === null ? head : `${head} · ${code}`, 400)),
  ];
  let content = '';
  for (const line of all) {
    if (Buffer.byteLength(content) + Buffer.byteLength(line) + 1 > MAX_BYTES) break;
    content += content === '' ? line : `\n${line}`;
  }
  return { msgtype: 'text', text: { content } };
}

/** DingTalk lists and shows, and ends nothing: its signature does not cover the body. */
export const channel: Channel = {
  about: dingtalk,
  receive: receiveDingTalk,
  render: renderDingTalk,
  deliver: async (poster, secrets, to, answer) => {
    if (to.channel !== 'dingtalk' && to.channel !== 'place') throw new AppError('internal');
    const url = to.channel === 'dingtalk' ? to.sessionWebhook : placeIn(secrets.dingtalk?.places, to.place);
    const isAccepted = hasCode('errcode', 0);
    await poster.post({ url, body: renderDingTalk(answer), hosts: DINGTALK_HOSTS, isAccepted });
  },
};

import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod/mini';
import { AppError } from '../../../errors.ts';
import { MAX_COMMAND } from '../../messages/answer.ts';
import {
  configured,
  headerOf,
  isFresh,
  isSame,
  json,
  shaped,
  signatureInvalid,
  utf8,
} from '../../receiver/signed-request.ts';
import type { Channel, ChatSecrets, Once, Received, SignedRequest } from '../channel.ts';
import { PLACE } from '../channel-names.ts';
import { webhook } from './about.ts';

const WINDOW_SECONDS = 300;
/** Signs for a sender that is not known, so that it takes as long as for one that is. */
const NOBODYS = `whsec_${randomBytes(24).toString('base64')}`;
const bodySchema = z.strictObject({
  command: z.string().check(z.minLength(1), z.maxLength(MAX_COMMAND)),
  /** `slack:ops`: where the answer goes. */
  post: z.string().check(z.regex(PLACE)),
});

/**
 * Standard Webhooks (standardwebhooks.com): `v1,` and base64 of the HMAC-SHA256 of `{id}.{timestamp}.{body}`, several
 * side by side while a secret changes. The library makes the signature; the clock, the strict time and the compare are
 * ours, since its own clock is the machine's and it reads `1700000000abc` as a time.
 *
 * @param secret - `undefined` for a sender that is not known, who is answered like one that signed with another secret
 * @throws AppError `signature-invalid`
 */
export function verifyWebhook(request: SignedRequest, secret: string | undefined, now: Date): Once {
  const id = headerOf(request, 'webhook-id');
  const timestamp = headerOf(request, 'webhook-timestamp');
  if (!/^[\w.-]{1,128}$/.test(id)) throw signatureInvalid('webhook-id is missing or not of its form.');
  if (!isFresh(timestamp, now, 1000, WINDOW_SECONDS)) throw signatureInvalid('webhook-timestamp is not of now.');
  const right = new Webhook(secret ?? NOBODYS).sign(id, new Date(Number(timestamp) * 1000), utf8(request.body));
  const holds = headerOf(request, 'webhook-signature')
    .split(' ')
    .slice(0, 10)
    .some((one) => isSame(one, right));
  if (secret === undefined || !holds) throw signatureInvalid('webhook-signature does not hold.');
  return { key: `webhook/${id}`, seconds: 3 * WINDOW_SECONDS, again: 'compare' };
}

/** A command from a machine. */
export function receiveWebhook(request: SignedRequest, secrets: ChatSecrets, now: Date): Received {
  const source = request.source ?? '';
  const known = configured(secrets.webhook, 'webhook');
  const sender = Object.hasOwn(known, source) ? known[source] : undefined;
  // Who is told something by it may ask for nothing.
  const once = verifyWebhook(request, typeof sender === 'string' ? sender : undefined, now);
  const { command, post } = shaped(bodySchema, json(utf8(request.body)));
  const from = { channel: 'webhook', enterprise: null, tenant: 'webhook', user: source } as const;
  const incoming = { kind: 'message', from, text: command, to: { channel: 'place', place: post } } as const;
  const named = { ...once, key: `${once.key}/${source}` };
  return { do: 'work', incoming, once: named, acknowledgement: { accepted: true } };
}

/** Sends an event to a receiver, signed as Standard Webhooks has it. The same ID tells the receiver that it comes again. */
const send: NonNullable<Channel['send']> = async (poster, { webhook: known }, { to, id, event }, now) => {
  const receiver = known !== undefined && Object.hasOwn(known, to) ? known[to] : undefined;
  if (receiver === undefined || typeof receiver === 'string')
    throw new AppError('chat-failed', { detail: `There is no receiver ${to} in the webhook's secret.` });
  const { url, secret } = receiver;
  await poster.post({
    url,
    body: event,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      // Of the very text that is sent.
      'webhook-signature': new Webhook(secret).sign(id, now, JSON.stringify(event)),
    },
    hosts: [new URL(url).host],
    isAccepted: () => true,
    isReceiver: true,
  });
};

/** Machines, by Standard Webhooks. Their answers go to a place of a chat platform. */
export const channel: Channel = {
  about: webhook,
  receive: receiveWebhook,
  render: (answer) => answer,
  deliver: () => Promise.reject(new AppError('internal')),
  send,
};

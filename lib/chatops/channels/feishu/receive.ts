import { createDecipheriv, createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { CLICKS, MAX_COMMAND } from '../../messages/answer.ts';
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
import type { ChatIdentity, ChatSecrets, Incoming, Once, Received, SignedRequest } from '../channel.ts';

const DAY_SECONDS = 86_400;
const text = z.string().check(z.minLength(1), z.maxLength(512));
const id = z.string().check(z.regex(/^[\w-]{1,128}$/));
const envelopeSchema = z.object({ encrypt: z.string().check(z.minLength(24)) });
const challengeSchema = z.object({ type: z.literal('url_verification'), token: z.string(), challenge: text });
const headerSchema = z.object({
  event_id: text,
  event_type: z.string(),
  token: z.string(),
  app_id: text,
  tenant_key: id,
});
const eventSchema = z.object({ schema: z.literal('2.0'), header: headerSchema, event: z.unknown() });
const messageSchema = z.object({
  sender: z.object({ sender_type: z.string(), tenant_key: id, sender_id: z.object({ open_id: id }) }),
  message: z.object({ chat_id: id, message_type: z.string(), content: z.string() }),
});
const clickSchema = z.object({
  operator: z.object({ open_id: id, tenant_key: id }),
  token: text,
  context: z.object({ open_chat_id: id }),
  action: z.object({ value: z.object({ click: z.enum(CLICKS), request: z.string().check(z.regex(/^[\w-]{22}$/)) }) }),
});

type Feishu = NonNullable<ChatSecrets['feishu']>;
const NOTHING: Received = { do: 'answer', body: {} };

/** A message to the bot, a press of a card's button, or Feishu's question whether we are there. */
export function receiveFeishu(request: SignedRequest, secrets: ChatSecrets, now: Date): Received {
  const feishu = configured(secrets.feishu, 'feishu');
  if (request.headers['x-lark-signature'] === undefined) return answerUnsigned(request, feishu);
  verifyFeishu(request, feishu.encryptKey, now);
  const value = decrypted(request, feishu);
  return challengeIn(value, feishu) ?? readEvent(value, feishu);
}

/**
 * Feishu signs all but its first question, and that one can do nothing but be answered. Whatever is wrong with a body that
 * no one signed gets one answer: two would tell the padding of AES-CBC, and byte by byte what another sender's body holds.
 */
function answerUnsigned(request: SignedRequest, feishu: Feishu): Received {
  let answer: Received | undefined;
  try {
    answer = challengeIn(decrypted(request, feishu), feishu);
  } catch {
    // Told below, like everything else.
  }
  if (answer === undefined) throw signatureInvalid('X-Lark-Signature is missing.');
  return answer;
}

/** With an encrypt key Feishu encrypts everything; what is not encrypted is not Feishu's. */
function decrypted({ body }: SignedRequest, { encryptKey }: Feishu): unknown {
  const envelope = z.safeParse(envelopeSchema, json(utf8(body)));
  if (!envelope.success) throw signatureInvalid('The body is not encrypted.');
  return json(decryptFeishu(envelope.data.encrypt, encryptKey));
}

function challengeIn(value: unknown, { verificationToken }: Feishu): Received | undefined {
  const challenge = z.safeParse(challengeSchema, value);
  if (!challenge.success) return undefined;
  if (!isSame(challenge.data.token, verificationToken)) throw signatureInvalid('The verification token is not ours.');
  return { do: 'answer', body: { challenge: challenge.data.challenge } };
}

function readEvent(value: unknown, feishu: Feishu): Received {
  const { header, event } = shaped(eventSchema, value);
  if (!isSame(header.token, feishu.verificationToken)) throw signatureInvalid('The verification token is not ours.');
  if (header.app_id !== feishu.app) throw signatureInvalid('The app is not the one configured.');
  const once: Once = { key: `feishu/${header.event_id}`, seconds: DAY_SECONDS, again: 'acknowledge' };
  const incoming =
    header.event_type === 'card.action.trigger' ? readClick(event) : readMessage(header.event_type, event);
  if (incoming === undefined) return NOTHING;
  for (const tenant of [header.tenant_key, incoming.from.tenant])
    if (!feishu.tenants.includes(tenant)) throw signatureInvalid('The tenant is not one of those configured.');
  return { do: 'work', incoming, once, acknowledgement: {} };
}

type Personal = Extract<Incoming, { from: ChatIdentity }>;

function readMessage(type: string, event: unknown): Personal | undefined {
  if (type !== 'im.message.receive_v1') return undefined;
  const { sender, message } = shaped(messageSchema, event);
  // A bot that answers bots talks to itself for ever.
  if (sender.sender_type !== 'user' || message.message_type !== 'text') return undefined;
  const content = shaped(z.object({ text: z.string() }), json(message.content));
  // `@_user_1` is whom the message mentions, which is us.
  const command = content.text
    .slice(0, MAX_COMMAND + 1)
    .replace(/@_user_\d+/g, ' ')
    .trim();
  const from = identity(sender.tenant_key, sender.sender_id.open_id);
  return { kind: 'message', from, text: command, to: { channel: 'feishu', chat: message.chat_id, cardToken: null } };
}

function readClick(event: unknown): Personal {
  const { operator, token, action, context } = shaped(clickSchema, event);
  const from = identity(operator.tenant_key, operator.open_id);
  return {
    kind: 'click',
    from,
    ...action.value,
    to: { channel: 'feishu', chat: context.open_chat_id, cardToken: token },
  };
}

const identity = (tenant: string, user: string): ChatIdentity => ({
  channel: 'feishu',
  enterprise: null,
  tenant,
  user,
});

const WINDOW_SECONDS = 300;
const IV_BYTES = 16;

/**
 * Feishu's signature: the SHA-256 of timestamp, nonce, encrypt key and raw body (open.feishu.cn, "Configure encrypt
 * key"). A plain hash, so the key is worth as much as an HMAC's.
 *
 * @throws AppError `signature-invalid`
 */
export function verifyFeishu(request: SignedRequest, encryptKey: string, now: Date): void {
  const timestamp = headerOf(request, 'x-lark-request-timestamp');
  const nonce = headerOf(request, 'x-lark-request-nonce');
  if (!isFresh(timestamp, now, 1000, WINDOW_SECONDS)) throw signatureInvalid('X-Lark-Request-Timestamp is not of now.');
  const right = createHash('sha256')
    .update(timestamp)
    .update(nonce)
    .update(encryptKey)
    .update(request.body)
    .digest('hex');
  if (!isSame(headerOf(request, 'x-lark-signature'), right)) throw signatureInvalid('X-Lark-Signature does not hold.');
}

/** AES-256-CBC, the key the SHA-256 of the encrypt key, the first 16 bytes the IV. @throws AppError `signature-invalid` */
export function decryptFeishu(encrypted: string, encryptKey: string): string {
  const bytes = Buffer.from(encrypted, 'base64');
  const key = createHash('sha256').update(encryptKey).digest();
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, bytes.subarray(0, IV_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    throw signatureInvalid('The body was not encrypted with our key.');
  }
}

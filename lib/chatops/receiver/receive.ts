import { createHash } from 'node:crypto';
import { AppError } from '../../errors.ts';
import { type HttpAnswer, json } from '../../http/answer.ts';
import { type HttpHandler, publicPipeline } from '../../http/pipeline.ts';
import type { HttpRequest } from '../../http/request.ts';
import { CLAIM_SECONDS, type ReplayStore } from '../../state/replay-store.ts';
import { knownCorrelationId } from '../../telemetry/call.ts';
import { failureEntry, log } from '../../telemetry/log.ts';
import { countFailure } from '../../telemetry/samples.ts';
import type { Channel, ChatSecrets, Once } from '../channels/channel.ts';
import type { HandOver } from '../worker/hand-over.ts';
import { signatureInvalid } from './signed-request.ts';

/** What the receiving functions need. */
export interface ReceiverServices {
  readonly secrets: ChatSecrets;
  readonly replays: ReplayStore;
  readonly handOver: HandOver;
  readonly now: () => Date;
}

/** The chain for a channel's function: limits, verify, once only, hand over, answer. No database is near. */
export const chatPipeline = (channel: Channel, load: () => Promise<ReceiverServices>): HttpHandler =>
  publicPipeline(async (request) => {
    const { secrets, replays, handOver, now } = await load();
    const source = request.pathParameters['source'] ?? null;
    const signed = { headers: request.headers, body: rawBody(request), source };
    const received = channel.receive(signed, secrets, now());
    if (received.do === 'answer') return answerOf(received.body);
    const { incoming, once, acknowledgement } = received;
    await doOnce(replays, once, signed.body, () =>
      handOver({ do: 'incoming', requestId: request.requestId, channel: channel.about.name, incoming }),
    );
    return answerOf(acknowledgement);
  });

// Slack shows what the answer holds, so an acknowledgement of nothing must be empty.
const answerOf = (body: unknown): HttpAnswer =>
  body === null ? { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: '' } : json(200, body);

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes that were sent; the gateway gives what is not text in base64. */
function rawBody({ body, isBase64 }: HttpRequest): Buffer {
  if (typeof body !== 'string') throw new AppError('request-invalid', { detail: 'body: must be text.' });
  if (!isBase64) return Buffer.from(body, 'utf8');
  if (!BASE64.test(body)) throw signatureInvalid('The body is not base64.');
  return Buffer.from(body, 'base64');
}

/**
 * Does the work of a request unless the request was here before. Work that fails frees the key: what the platform sends
 * again must not be taken for something that was done.
 *
 * @param body the bytes that were sent; a key that compares is bound to their SHA-256.
 * @throws AppError `signature-invalid` for a replay; of a key that compares `idempotency-key-reused` where it came with
 * another body, `idempotency-in-flight` while its first request is not done; `state-unavailable`, and what `work` throws
 */
export async function doOnce(
  replays: ReplayStore,
  once: Once,
  body: Buffer,
  work: () => Promise<unknown>,
): Promise<void> {
  const payload = once.again === 'compare' ? createHash('sha256').update(body).digest('base64url') : undefined;
  if (!(await isNew(replays, once, payload))) return;
  try {
    await work();
  } catch (error) {
    await replays.forget(once.key).catch(() => {});
    throw error;
  }
  // It is done: a failure here must neither free the key nor have the sender send it again.
  if (payload !== undefined)
    await replays.confirm(once.key, once.seconds, payload).catch((error: unknown) => tellUnconfirmed(once.key, error));
}

/** Says that the same request may do its work again once its claim is over: an operator must be able to see that. */
async function tellUnconfirmed(key: string, error: unknown): Promise<void> {
  countFailure(error);
  const failure = failureEntry(error, knownCorrelationId() ?? 'none');
  await log('warn', 'hand-over not confirmed', { ...failure, key, mayComeTwiceAfterSeconds: CLAIM_SECONDS });
}

async function isNew(replays: ReplayStore, once: Once, payload: string | undefined): Promise<boolean> {
  if (payload === undefined) {
    const first = await replays.putOnce(once.key, once.seconds);
    if (!first && once.again === 'refuse') throw signatureInvalid('This request was seen before.');
    return first;
  }
  const claim = await replays.claim(once.key, payload);
  if (claim === 'reused')
    throw new AppError('idempotency-key-reused', { detail: 'webhook-id: came with another body before.' });
  if (claim === 'in-flight')
    throw new AppError('idempotency-in-flight', { detail: 'webhook-id: its first request is not done yet.' });
  return claim === 'new';
}

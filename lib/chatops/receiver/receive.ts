import { AppError } from '../../errors.ts';
import { type HttpAnswer, json } from '../../http/answer.ts';
import { type HttpHandler, publicPipeline } from '../../http/pipeline.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { ReplayStore } from '../../state/replay-store.ts';
import type { Channel } from '../channels/channel.ts';
import type { ChatSecrets } from '../secrets.ts';
import type { HandOver } from '../worker/hand-over.ts';
import { doOnce } from './do-once.ts';
import { signatureInvalid } from './signature.ts';

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

import { AppError } from '../errors.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import type { ChatAnswer } from './answer.ts';
import type { ReplyTo } from './channel.ts';
import { hashOf } from './hash-of.ts';
import { deliverTo } from './run-inside.ts';
import type { WorkerServices } from './work.ts';

/**
 * Posts the answer to a request. Where the platform does not answer, the answer alone goes through the queue, which has it
 * posted later, once: what was asked is never run again.
 *
 * @throws AppError `chat-failed` where the platform refused it, `state-unavailable` where the queue did not take it
 */
export async function answerTo(
  services: Pick<WorkerServices, 'poster' | 'secrets' | 'later'>,
  requestId: string,
  to: ReplyTo,
  answer: ChatAnswer,
): Promise<void> {
  try {
    await deliverTo(services, to, answer);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'chat-unreachable') throw error;
    await logFailure(error, requestId);
    const jobId = hashOf(requestId, to, answer);
    await services.later({ do: 'post', requestId, jobId, to, answer, warnings: [] });
  }
}

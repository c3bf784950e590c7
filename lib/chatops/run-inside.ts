import type { ChatAnswer } from './answer.ts';
import type { ReplyTo } from './channel.ts';
import { unforeseen } from './failure-answer.ts';
import { channelFor } from './load-channel.ts';
import type { RunEvent } from './run-event.ts';
import type { WorkerServices } from './work.ts';

/** Has something run inside. A failure there is told, with the ID that stands in the log. */
export async function runInside(
  services: Pick<WorkerServices, 'runCommand'>,
  requestId: string,
  event: Omit<RunEvent, 'requestId'>,
): Promise<ChatAnswer> {
  try {
    return await services.runCommand({ ...event, requestId });
  } catch {
    return unforeseen(requestId);
  }
}

/** Posts an answer where it goes. @throws AppError `chat-failed`, `chat-unreachable` */
export const deliverTo = async (
  { poster, secrets }: Pick<WorkerServices, 'poster' | 'secrets'>,
  to: ReplyTo,
  answer: ChatAnswer,
): Promise<void> => (await channelFor(to)).deliver(poster, secrets, to, answer);

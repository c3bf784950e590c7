import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../../errors.ts';
import type { Incoming, ReplyTo } from '../channels/channel.ts';
import type { ChannelName } from '../channels/channel-names.ts';
import type { RunEvent } from '../commands/run-command.ts';
import type { ChatAnswer } from '../messages/answer.ts';
import type { RunEnded } from '../messages/run-ended.ts';

/** What is handed over, once its request was verified: by functions of ours only, and IAM says so. */
export type ChatJob =
  | { readonly do: 'incoming'; readonly requestId: string; readonly channel: ChannelName; readonly incoming: Incoming }
  /** A report or a warning from inside, or an answer that its platform did not take at once: ready to be sent. */
  | {
      readonly do: 'post';
      readonly requestId: string;
      /** The same however often the job comes: it is posted once. */
      readonly jobId: string;
      readonly to: ReplyTo;
      readonly answer: ChatAnswer;
      /** The warnings that are told once it was posted. */
      readonly warnings: readonly ToldWarning[];
    }
  /** An event for a receiver of the webhook's secret. Its job's ID is the event's. */
  | {
      readonly do: 'send';
      readonly requestId: string;
      readonly jobId: string;
      readonly to: string;
      readonly event: RunEnded;
    };

/** A round of a warning; see {@link import('../../state/warning-store.ts').WarningStore.told}. */
export interface ToldWarning {
  readonly name: string;
  readonly askedAt: number;
}

/** Hands work over so that it goes on when the caller has answered; resolves once the work cannot be lost any more. */
export type HandOver = (job: ChatJob) => Promise<void>;

/** Asks the function inside to run a command. */
export type InvokeRunCommand = (event: RunEvent) => Promise<ChatAnswer>;

/** For who loads this when it is needed: a package that is imported whole at run time is bundled whole. */
export { SQSClient } from '@aws-sdk/client-sqs';

/** Hands jobs over through a queue, which what runs inside the VPC reaches without a way to Lambda or to a platform. */
export const createSqsHandOver =
  ({ client, url }: { readonly client: Pick<SQSClient, 'send'>; readonly url: string }): HandOver =>
  async (job) => {
    try {
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(job) }));
    } catch (cause) {
      throw new AppError('state-unavailable', { cause, detail: 'The queue did not take the message.' });
    }
  };

import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../../errors.ts';
import type { HandOver } from './job.ts';

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

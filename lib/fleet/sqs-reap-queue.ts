import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { AppError } from '../errors.ts';
import type { ReapOrder, ReapQueue } from './reap-order.ts';

/** What SQS takes at once. */
const BATCH = 10;
const AT_ONCE = 8;
const TRIES = 3;

const batchesOf = <Part>(all: readonly Part[]): (readonly Part[])[] =>
  Array.from({ length: Math.ceil(all.length / BATCH) }, (_, place) => all.slice(place * BATCH, (place + 1) * BATCH));

/** A name as SQS takes it for a group or against doubles: 128 characters of ASCII, without spaces. */
const idOf = (name: string): string =>
  /^[!-~]{1,128}$/.test(name) ? name : createHash('sha256').update(name).digest('hex');

/** Its target's turn, and what another message for the same run would be called too. */
const toEntry = (order: ReapOrder, place: number) => ({
  Id: String(place),
  MessageBody: JSON.stringify(order),
  MessageGroupId: idOf(order.target),
  MessageDeduplicationId: idOf(`${order.dueAt}#${order.reaper}#${order.target}`),
});

/**
 * The FIFO queue in SQS.
 *
 * @param url - of the queue, not of its dead-letter queue
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export function createSqsReapQueue({ client, url }: { readonly client: SQSClient; readonly url: string }): ReapQueue {
  const sendBatch = async (orders: readonly ReapOrder[]): Promise<void> => {
    let left = orders.map(toEntry);
    for (let tried = 0; tried < TRIES; tried++) {
      // A batch may be taken in part: what failed is in the answer, not an error.
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: left }));
      const failed = new Set(Failed.map(({ Id }) => Id));
      left = left.filter(({ Id }) => failed.has(Id));
      if (left.length === 0) return;
    }
    throw new Error(`${left.length} of ${orders.length} messages were not taken`);
  };
  return {
    async send(orders) {
      const batches = batchesOf(orders);
      const sendNext = async (): Promise<void> => {
        for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await sendBatch(batch);
      };
      try {
        await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
      } catch (cause) {
        throw new AppError('state-unavailable', { cause, detail: 'The queue did not take all messages.' });
      }
    },
    async hide(receiptHandle, seconds) {
      const what = { QueueUrl: url, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
      await client.send(new ChangeMessageVisibilityCommand(what));
    },
    async done(receiptHandles) {
      for (const batch of batchesOf(receiptHandles)) {
        const Entries = batch.map((ReceiptHandle, place) => ({ Id: String(place), ReceiptHandle }));
        await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
      }
    },
  };
}

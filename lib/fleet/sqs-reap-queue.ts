import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../errors.ts';
import type { ReapOrder } from './reap-order.ts';
import type { ReapQueue } from './reap-queue.ts';

/** What SQS takes at once. */
const BATCH = 10;
const AT_ONCE = 8;
const TRIES = 3;

/** The queue in SQS. @param url - of the queue, not of its dead-letter queue */
export function createSqsReapQueue({ client, url }: { readonly client: SQSClient; readonly url: string }): ReapQueue {
  const sendBatch = async (orders: readonly ReapOrder[]): Promise<void> => {
    let left = orders.map((order, place) => ({ Id: String(place), MessageBody: JSON.stringify(order) }));
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
      const batches = Array.from({ length: Math.ceil(orders.length / BATCH) }, (_, place) =>
        orders.slice(place * BATCH, (place + 1) * BATCH),
      );
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
  };
}

import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MAX_RECEIPTS } from '../lib/fleet/reap-order.ts';

/** How a message of a queue is treated. */
export interface QueueOptions {
  readonly encryptionKey: IKey;
  /** Gives out one message of a group at a time, in any number of groups at once; so must its dead-letter queue. */
  readonly fifo?: boolean;
  /** Seconds; longer than who takes a message may need for it. */
  readonly visibility?: number;
  /** Where a message goes that was received {@link MAX_RECEIPTS} times in vain. */
  readonly deadLetterQueue?: Queue;
}

/** Makes an encrypted queue that refuses to be spoken to in the clear. Messages stay for four days, dead ones for fourteen. */
export function wardenQueue(
  scope: Construct,
  id: string,
  { encryptionKey, fifo, visibility, deadLetterQueue }: QueueOptions,
): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
    ...(fifo && {
      fifo,
      // Without both, AWS takes 300 calls a second.
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    }),
    retentionPeriod: Duration.days(deadLetterQueue === undefined ? 14 : 4),
    ...(visibility !== undefined && { visibilityTimeout: Duration.seconds(visibility) }),
    ...(deadLetterQueue !== undefined && {
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: MAX_RECEIPTS },
    }),
  });
}

import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MAX_RECEIPTS } from '../lib/fleet/receipts.ts';

/** How a message of a queue is treated. */
export interface QueueOptions {
  readonly encryptionKey: IKey;
  /** Seconds; longer than who takes a message may need for it. */
  readonly visibility?: number;
  /** Where a message goes that was received {@link MAX_RECEIPTS} times in vain. */
  readonly deadLetterQueue?: Queue;
}

/** Makes an encrypted queue that refuses to be spoken to in the clear. Messages stay for four days, dead ones for fourteen. */
export function wardenQueue(
  scope: Construct,
  id: string,
  { encryptionKey, visibility, deadLetterQueue }: QueueOptions,
): Queue {
  return new Queue(scope, id, {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
    retentionPeriod: Duration.days(deadLetterQueue === undefined ? 14 : 4),
    ...(visibility !== undefined && { visibilityTimeout: Duration.seconds(visibility) }),
    ...(deadLetterQueue !== undefined && {
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: MAX_RECEIPTS },
    }),
  });
}

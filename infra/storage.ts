import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIPTS } from '../lib/fleet/reap-order.ts';
import { AUDIT_TABLE, STATE_TABLE, type TableDefinition } from '../lib/state/tables.ts';
import { acknowledge } from './acknowledge-wildcards.ts';
import type { SessionWardenProps } from './props.ts';

/** What storage depends on. */
export interface StorageProps
  extends Pick<SessionWardenProps, 'auditTable' | 'auditTrail' | 'encryptionKey' | 'stateTable'> {
  /** Seconds that a worker may run. */
  readonly workerSeconds: number;
  /** Seconds that the chat worker may run; `undefined` where there are no chats. */
  readonly chatWorkerSeconds?: number | undefined;
}

/** All that keeps something: key, tables and queues. */
export class Storage extends Construct {
  readonly encryptionKey: IKey;
  readonly auditTable: ITable | Table;
  /** Encrypts the audit table; `undefined` for a table that is given and tells none, nor was one given with it. */
  readonly auditKey?: IKey;
  readonly stateTable: ITable | Table;
  readonly reapQueue: Queue;
  readonly reapDeadLetters: Queue;
  /** What a schedule or an asynchronous call could not deliver, and dead jobs of chats. */
  readonly failedEvents: Queue;
  readonly chatQueue?: Queue;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    // The key stays with the table that it encrypts: without it no record could be read again.
    const encryptionKey =
      props.encryptionKey ??
      new Key(this, 'Key', { enableKeyRotation: true, description: 'Session Warden: tables, queues, logs, alarms' });
    this.encryptionKey = encryptionKey;
    allowLogs(encryptionKey);
    const streamed = props.auditTrail === true;
    this.auditTable =
      props.auditTable ?? wardenTable(this, 'Audit', AUDIT_TABLE, { encryptionKey, kept: true, streamed });
    const auditKey = props.auditTable ? (props.auditTable.encryptionKey ?? props.encryptionKey) : encryptionKey;
    if (auditKey) this.auditKey = auditKey;
    this.stateTable = props.stateTable ?? wardenTable(this, 'State', STATE_TABLE, { encryptionKey, kept: false });

    this.reapDeadLetters = wardenQueue(this, 'ReapDeadLetters', { encryptionKey, fifo: true });
    this.failedEvents = wardenQueue(this, 'FailedEvents', { encryptionKey });
    acknowledge(this.failedEvents, {
      'AwsSolutions-SQS3': 'It is a dead-letter queue: of schedules, calls and chats.',
    });
    this.reapQueue = wardenQueue(this, 'Reaps', {
      encryptionKey,
      fifo: true,
      visibility: props.workerSeconds + MARGIN,
      deadLetterQueue: this.reapDeadLetters,
    });
    if (props.chatWorkerSeconds !== undefined)
      this.chatQueue = wardenQueue(this, 'ChatJobs', {
        encryptionKey,
        visibility: props.chatWorkerSeconds + MARGIN,
        deadLetterQueue: this.failedEvents,
      });
  }
}

/**
 * Log groups of this account are encrypted with the key. One that is imported has a policy of its own.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function allowLogs(key: IKey): void {
  const stack = Stack.of(key);
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': stack.formatArn({
            service: 'logs',
            resource: 'log-group',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  );
}

/** Seconds until a message that was not finished is seen again, after its worker has ended for certain. */
const MARGIN = 60;

/** What becomes of a table when the stack goes. */
export interface TableOptions {
  readonly encryptionKey: IKey;
  /** True for a table that outlives its stack, and that cannot be deleted by mistake. */
  readonly kept: boolean;
  /** True for a table whose every change is told, with what stood there before and after. */
  readonly streamed?: boolean;
}

/** Makes a table of its definition: on demand, encrypted, restorable to any moment of the last 35 days. */
export function wardenTable(
  scope: Construct,
  id: string,
  { partitionKey, indexes, ttlAttribute }: TableDefinition,
  { encryptionKey, kept, streamed = false }: TableOptions,
): Table {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const table = new Table(scope, id, {
    partitionKey: text(partitionKey),
    timeToLiveAttribute: ttlAttribute,
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    ...(streamed && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    deletionProtection: kept,
    removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  for (const { name, partitionKey: key, sortKey, include } of indexes)
    table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: text(key),
      sortKey: text(sortKey),
      ...(include.length > 0
        ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...include] }
        : { projectionType: ProjectionType.KEYS_ONLY }),
    });
  return table;
}

/** How a message of a queue is treated. */
interface QueueOptions {
  readonly encryptionKey: IKey;
  /** Gives out one message of a group at a time, in any number of groups at once; so must its dead-letter queue. */
  readonly fifo?: boolean;
  /** Seconds; longer than who takes a message may need for it. */
  readonly visibility?: number;
  /** Where a message goes that was received {@link MAX_RECEIPTS} times in vain. */
  readonly deadLetterQueue?: Queue;
}

/** Makes an encrypted queue that refuses to be spoken to in the clear. Messages stay for four days, dead ones for fourteen. */
function wardenQueue(
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

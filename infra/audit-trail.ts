import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, LogStream, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectLockRetention,
} from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge-wildcards.ts';
import { allow, allowVia } from './permissions/grant.ts';

/** What a trail is made of. */
export interface AuditTrailProps {
  /** The stream of the audit table, with new and old images. */
  readonly streamArn: string;
  /** Encrypts the table; `undefined` where DynamoDB's own key does. */
  readonly tableKey: IKey | undefined;
  readonly encryptionKey: IKey;
  /** How long a record is kept. */
  readonly retention: Duration;
  /** What could not be delivered goes here, and raises its alarm. */
  readonly failedEvents: IQueue;
  readonly logRetention: RetentionDays;
}

/** A record may be closed some time after it was written, and its trail must outlive it. */
const LONGER = Duration.days(30);

/**
 * Every change of the audit table as DynamoDB tells it, in a bucket where no one deletes or overwrites before its time,
 * not even the account's root: what `warden audit verify` compares the table with. No code of ours is on the way there.
 */
export class AuditTrail extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: AuditTrailProps) {
    super(scope, id);
    const { streamArn, tableKey, encryptionKey, failedEvents } = props;
    const kept = props.retention.plus(LONGER);
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    const bucket: Omit<IBucket, 'isWebsite'> = new Bucket(this, 'Bucket', {
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.compliance(kept),
      encryption: BucketEncryption.KMS,
      encryptionKey,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ expiration: kept.plus(Duration.days(1)), noncurrentVersionExpiration: Duration.days(1) }],
    });
    this.bucket = bucket;
    acknowledge(bucket, {
      'AwsSolutions-S1':
        'A bucket with Object Lock takes no access logs of its own; CloudTrail data events tell who reads it.',
    });
    const delivery = this.#delivery(bucket, props);

    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('pipes.amazonaws.com'),
      description: 'Session Warden: from the audit table to its trail',
    });
    const statements: readonly PolicyStatement[] = [
      allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn]),
      allow(['dynamodb:ListStreams'], ['*']),
      allow(['firehose:PutRecordBatch'], [delivery.attrArn]),
      allow(['sqs:SendMessage'], [failedEvents.queueArn]),
      allowVia(this, 'sqs', [encryptionKey.keyArn], ['kms:Decrypt', 'kms:GenerateDataKey']),
      ...(tableKey === undefined ? [] : [allowVia(this, 'dynamodb', [tableKey.keyArn], ['kms:Decrypt'])]),
    ];
    for (const statement of statements) role.addToPolicy(statement);
    acknowledge(role, {
      'AwsSolutions-IAM5[Resource::*]': 'dynamodb:ListStreams takes no resource, and tells names only.',
    });
    const pipe = new CfnPipe(this, 'Pipe', {
      description: 'Session Warden: every change of the audit table, to its trail',
      roleArn: role.roleArn,
      source: streamArn,
      sourceParameters: {
        dynamoDbStreamParameters: {
          startingPosition: 'TRIM_HORIZON',
          batchSize: 100,
          onPartialBatchItemFailure: 'AUTOMATIC_BISECT',
          deadLetterConfig: { arn: failedEvents.queueArn },
        },
      },
      target: delivery.attrArn,
    });
    // It tries what the role allows when it is made.
    pipe.node.addDependency(role);
  }

  /** Firehose, which may write into the bucket, and delete nothing there. */
  #delivery(
    bucket: Omit<IBucket, 'isWebsite'>,
    { encryptionKey, logRetention }: Pick<AuditTrailProps, 'encryptionKey' | 'logRetention'>,
  ): CfnDeliveryStream {
    const logGroup = new LogGroup(this, 'Failures', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
    const logStream = new LogStream(this, 'FailuresStream', { logGroup, removalPolicy: RemovalPolicy.DESTROY });
    const { account } = Stack.of(this);
    const role = new Role(this, 'DeliveryRole', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
      description: 'Session Warden: writes the trail of the audit table',
    });
    const statements: readonly PolicyStatement[] = [
      allow(['s3:AbortMultipartUpload', 's3:PutObject'], [`${bucket.bucketArn}/*`]),
      allow(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucket.bucketArn]),
      allowVia(this, 's3', [encryptionKey.keyArn], ['kms:Decrypt', 'kms:GenerateDataKey']),
      allow(['logs:PutLogEvents'], [logGroup.logGroupArn]),
    ];
    for (const statement of statements) role.addToPolicy(statement);
    const id = Stack.of(this).getLogicalId(bucket.node.defaultChild as CfnBucket);
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::<${id}.Arn>/*]`]:
        'Firehose writes under names that it makes, in this bucket alone.',
    });
    const made = new CfnDeliveryStream(this, 'Delivery', {
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: encryptionKey.keyArn },
      extendedS3DestinationConfiguration: {
        bucketArn: bucket.bucketArn,
        roleArn: role.roleArn,
        prefix: 'changes/',
        errorOutputPrefix: 'failed/',
        compressionFormat: 'GZIP',
        bufferingHints: { intervalInSeconds: 60, sizeInMBs: 5 },
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: encryptionKey.keyArn } },
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: logGroup.logGroupName,
          logStreamName: logStream.logStreamName,
        },
      },
    });
    // It tries what the role allows when it is made.
    made.node.addDependency(role);
    return made;
  }
}

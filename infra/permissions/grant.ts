import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** The statements and environment variables that a capability brings. */
export interface Grant {
  readonly statements: readonly PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What capabilities are about. */
export interface Resources {
  readonly scope: Construct;
  readonly secrets: TargetSecrets;
  readonly auditTable: TableNames;
  /** Encrypts the audit table; `undefined` where DynamoDB's own key does. */
  readonly auditKey?: IKey;
  readonly auditRetentionDays: number;
  readonly stateTable: TableNames;
  /** Encrypts the state table and queues. */
  readonly encryptionKey: IKey;
  readonly reapQueue: IQueue;
  readonly chat?: ChatResources;
  /** Where people sign in to the console, as JSON; where there is one only. */
  readonly signIn?: string;
}

/** How a table is called. */
export interface TableNames {
  readonly tableName: string;
  readonly tableArn: string;
}

/** Which secrets are targets, and what reading them takes. */
export interface TargetSecrets {
  readonly prefix?: string;
  readonly tag?: { readonly key: string; readonly value: string };
  /** ARNs of the keys that encrypt them. */
  readonly keys: readonly string[];
  /** ARNs that `rds-db:connect` takes. */
  readonly rdsIamUsers: readonly string[];
}

/** What exists only with chats. */
export interface ChatResources {
  /** Of each platform its own, by the name of its channel. */
  readonly secrets: ReadonlyMap<string, ISecret>;
  /** From the functions inside to the worker outside. */
  readonly queue: IQueue;
}

/** What a capability brings to the function of a name, given the resources of a deployment. */
export type Capability = (resources: Resources, name: string) => Grant;

export const allow = (actions: readonly string[], resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [...resources] });

/** Use of keys by way of one AWS service only: never with the key itself. */
export const allowVia = (
  scope: Construct,
  service: 'dynamodb' | 's3' | 'secretsmanager' | 'sqs',
  keys: readonly string[],
  actions: readonly string[],
): PolicyStatement => {
  const { region, urlSuffix } = Stack.of(scope);
  return new PolicyStatement({
    actions: [...actions],
    resources: [...keys],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.${urlSuffix}` } },
  });
};

/** Putting messages on an encrypted queue. */
export const sendTo = ({ scope, encryptionKey }: Resources, queue: IQueue): readonly PolicyStatement[] => [
  allow(['sqs:SendMessage'], [queue.queueArn]),
  allowVia(scope, 'sqs', [encryptionKey.keyArn], ['kms:Decrypt', 'kms:GenerateDataKey']),
];

/** Taking messages from an encrypted queue, as an event source mapping does. */
export const takeFrom = (
  { scope, encryptionKey }: Resources,
  queue: IQueue,
  more: readonly string[] = [],
): readonly PolicyStatement[] => [
  allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...more], [queue.queueArn]),
  allowVia(scope, 'sqs', [encryptionKey.keyArn], ['kms:Decrypt']),
];

/** The environment variables that say which secrets are targets. */
export const targetEnvironment = ({ secrets: { prefix, tag } }: Resources): Readonly<Record<string, string>> => ({
  ...(prefix !== undefined && { SECRET_PREFIX: prefix }),
  ...(tag !== undefined && { SECRET_TAG: `${tag.key}=${tag.value}` }),
});

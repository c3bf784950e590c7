import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { TableDefinition } from '../lib/aws-tables.ts';

/** What becomes of a table when the stack goes. */
export interface TableOptions {
  readonly encryptionKey: IKey;
  /** True for a table that outlives its stack, and that nobody deletes by mistake. */
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

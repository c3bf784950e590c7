import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { TableDefinition } from '../lib/aws-tables.ts';

/** What becomes of a table when the stack goes. */
export interface TableOptions {
  readonly encryptionKey: IKey;
  /** True for a table that outlives its stack, and that nobody deletes by mistake. */
  readonly kept: boolean;
}

/** Makes a table of its definition: on demand, encrypted, restorable to any moment of the last 35 days. */
export function wardenTable(
  scope: Construct,
  id: string,
  { partitionKey, indexes, ttlAttribute }: TableDefinition,
  { encryptionKey, kept }: TableOptions,
): Table {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const table = new Table(scope, id, {
    partitionKey: text(partitionKey),
    timeToLiveAttribute: ttlAttribute,
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
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

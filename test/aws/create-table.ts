import { CreateTableCommand, type DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { TableDefinition } from '../../lib/state/tables.ts';

/** Makes a table as the deployment does, from the same definition. */
export async function createTable(
  client: DynamoDBClient,
  name: string,
  { partitionKey, indexes, ttlAttribute }: TableDefinition,
): Promise<string> {
  const attributes = new Set([partitionKey, ...indexes.flatMap((index) => [index.partitionKey, index.sortKey])]);
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...attributes].map((attribute) => ({ AttributeName: attribute, AttributeType: 'S' })),
      KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
      ...(indexes.length > 0 && {
        GlobalSecondaryIndexes: indexes.map((index) => ({
          IndexName: index.name,
          KeySchema: [
            { AttributeName: index.partitionKey, KeyType: 'HASH' as const },
            { AttributeName: index.sortKey, KeyType: 'RANGE' as const },
          ],
          Projection:
            index.include.length === 0
              ? { ProjectionType: 'KEYS_ONLY' as const }
              : { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...index.include] },
        })),
      }),
    }),
  );
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true },
    }),
  );
  return name;
}

/** Makes a further table of that definition with every call. */
export function tableMaker(
  client: DynamoDBClient | undefined,
  prefix: string,
  definition: TableDefinition,
): () => Promise<string> {
  let made = 0;
  return () => {
    if (client === undefined) throw new Error('no DynamoDB');
    return createTable(client, `${prefix}-${++made}`, definition);
  };
}

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './audit-item.ts';

/** What TransactWriteItems takes at once. */
const BATCH = 100;
const NEW = 'attribute_not_exists(id)';

/** Writes one open intent. One that is there already is our own, of a try whose answer was lost: nobody else has its ID. */
export async function writeIntent(client: DynamoDBClient, table: string, item: Item): Promise<void> {
  try {
    await client.send(new PutItemCommand({ TableName: table, Item: item, ConditionExpression: NEW }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/**
 * Writes many in transactions of 100, one after the other.
 *
 * @returns how many are durable: all of them, or those before the first transaction that failed, and its error
 */
export async function writeIntents(
  client: DynamoDBClient,
  table: string,
  items: readonly Item[],
): Promise<{ readonly written: number; readonly error: unknown }> {
  for (let at = 0; at < items.length; at += BATCH) {
    const puts = items
      .slice(at, at + BATCH)
      .map((item) => ({ Put: { TableName: table, Item: item, ConditionExpression: NEW } }));
    try {
      // The SDK gives each call a token of its own, so that a retry is no second write.
      await client.send(new TransactWriteItemsCommand({ TransactItems: puts }));
    } catch (error) {
      return { written: at, error };
    }
  }
  return { written: items.length, error: undefined };
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './audit-item.ts';

/** What TransactWriteItems takes at once. */
const BATCH = 100;
const MAX_TRIES = 6;
const NEW = 'attribute_not_exists(id)';

/** Writes one open intent. One that is there already is our own, of a try whose answer was lost: no one else has its ID. */
export async function writeIntent(client: DynamoDBClient, table: string, item: Item): Promise<void> {
  try {
    await client.send(new PutItemCommand({ TableName: table, Item: item, ConditionExpression: NEW }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/**
 * Writes many in transactions of 100, one after the other; one alone without a transaction, at half the price.
 *
 * @param sending - told before each part is sent how many it holds: only those can be durable where it rejects, and where
 * it throws no more are sent
 */
export async function writeIntents(
  client: DynamoDBClient,
  table: string,
  items: readonly Item[],
  sending: (count: number) => void,
): Promise<void> {
  for (let at = 0; at < items.length; at += BATCH) {
    const batch = items.slice(at, at + BATCH);
    sending(batch.length);
    const [first] = batch;
    if (items.length === 1 && first !== undefined) await writeIntent(client, table, first);
    else await transact(client, table, batch);
  }
}

/** A transaction is cancelled as a whole where one of its parts is throttled, which the SDK does not try again. */
async function transact(client: DynamoDBClient, table: string, items: readonly Item[]): Promise<void> {
  const puts = items.map((item) => ({ Put: { TableName: table, Item: item, ConditionExpression: NEW } }));
  for (let tries = 1; ; tries++) {
    try {
      // The SDK gives each call a token of its own, so that a retry of its own is no second write.
      await client.send(new TransactWriteItemsCommand({ TransactItems: puts }));
      return;
    } catch (error) {
      if (tries === MAX_TRIES || !isThrottled(error)) throw error;
      await sleep(Math.random() * 2 ** tries * 100);
    }
  }
}

const PASSING = ['ThrottlingError', 'ProvisionedThroughputExceeded', 'TransactionConflict'];

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors */
function isThrottled(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return false;
  const codes = (error.CancellationReasons ?? []).flatMap(({ Code: code = 'None' }) => (code === 'None' ? [] : code));
  return codes.length > 0 && codes.every((code) => PASSING.includes(code));
}

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../errors.ts';
import type { StopStore } from '../sessions/kill/stop-switch.ts';

/** The item `stop` of the state table. It does not expire, and whatever is there stops. */
export function createDynamoDbStopStore({
  client,
  table: TableName,
}: {
  readonly client: DynamoDBClient;
  readonly table: string;
}): StopStore {
  const Key = { id: { S: 'stop' } };
  const fail = (cause: unknown): never => {
    throw new AppError('state-unavailable', { cause });
  };
  return {
    read: async () => {
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })).catch(fail);
      if (Item === undefined) return undefined;
      const text = (name: string) => Item[name]?.S ?? '';
      return { by: { source: text('source'), subject: text('subject') }, reason: text('reason'), since: text('since') };
    },
    put: async ({ by, reason, since }) => {
      const Item = {
        ...Key,
        source: { S: by.source },
        subject: { S: by.subject },
        reason: { S: reason },
        since: { S: since },
      };
      await client
        .send(new PutItemCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(id)' }))
        .catch((error: unknown) => (error instanceof ConditionalCheckFailedException ? undefined : fail(error)));
    },
    remove: async () => {
      await client.send(new DeleteItemCommand({ TableName, Key })).catch(fail);
    },
  };
}

import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../errors.ts';
import { CLAIM_SECONDS, claimOf, type ReplayStore } from './replay-store.ts';
import type { ChatRequest, RequestEnd, RequestStore } from './request-store.ts';

/** For who loads this when it is needed: a package that is imported whole at run time is bundled whole. */
export { DynamoDBClient } from '@aws-sdk/client-dynamodb';

type Client = Pick<DynamoDBClient, 'send'>;

const BATCH = 25;
const KEEP_SECONDS = 3_600;

/** DynamoDB removes what has expired hours later, so every condition looks at the time itself. */
const epoch = (now: () => number): string => String(Math.floor(now() / 1000));

/** False where its condition did not hold. @throws AppError `state-unavailable` */
async function conditionally(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw unavailable(error);
  }
}

const unavailable = (cause: unknown): AppError => new AppError('state-unavailable', { cause });

/**
 * A replay store in the state table: partition key `id`, TTL attribute `expiration` in seconds. It puts and does nothing
 * else, for more a receiver may not: the value of a taken key comes with the refusal of the put.
 */
export function dynamoReplayStore(client: Client, table: string, now: () => number = Date.now): ReplayStore {
  const item = (key: string, seconds: number) => ({
    id: { S: `replay#${key}` },
    expiration: { N: String(Math.floor(now() / 1000) + seconds) },
  });
  const put = (Item: Record<string, AttributeValue>) => client.send(new PutItemCommand({ TableName: table, Item }));
  const putNew = (Item: Record<string, AttributeValue>) =>
    client.send(
      new PutItemCommand({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(id) OR expiration <= :now',
        ExpressionAttributeValues: { ':now': { N: epoch(now) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  return {
    putOnce: (key, seconds) => conditionally(() => putNew(item(key, seconds))),
    claim: async (key, payload) => {
      try {
        await putNew({ ...item(key, CLAIM_SECONDS), payload: { S: payload } });
        return 'new';
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error);
        return claimOf({ payload: error.Item?.['payload']?.S, isDone: error.Item?.['done']?.BOOL === true }, payload);
      }
    },
    confirm: async (key, seconds, payload) => {
      await conditionally(() => put({ ...item(key, seconds), payload: { S: payload }, done: { BOOL: true } }));
    },
    // By a put that has expired.
    forget: async (key) => {
      await conditionally(() => put({ ...item(key, 0), expiration: { N: '0' } }));
    },
  };
}

/** A request store in the same table. */
export const dynamoRequestStore = (client: Client, table: string, now: () => number = Date.now): RequestStore => ({
  putAll: async (requests) => {
    for (let start = 0; start < requests.length; start += BATCH) {
      const puts = requests.slice(start, start + BATCH).map((request) => ({ PutRequest: { Item: toItem(request) } }));
      const { UnprocessedItems } = await client
        .send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }))
        .catch((error: unknown) => Promise.reject(unavailable(error)));
      // A button without its request would do nothing and look as if it could.
      if (Object.keys(UnprocessedItems ?? {}).length > 0) throw new AppError('too-many-requests');
    }
  },
  get: async (id) => {
    const key = { id: { S: `request#${id}` } };
    const { Item } = await client
      .send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }))
      .catch((error: unknown) => Promise.reject(unavailable(error)));
    const text = Item?.['request']?.S;
    if (text === undefined) return undefined;
    const request = JSON.parse(text) as ChatRequest; // no one else writes it
    const state = Item?.['state']?.S as ChatRequest['state'];
    const end = Item?.['end']?.S;
    const decidedBy = Item?.['decidedBy']?.S ?? null;
    return { ...request, state, decidedBy, ...(end !== undefined && { end: JSON.parse(end) as RequestEnd }) };
  },
  decide: (id, state, by) =>
    conditionally(() =>
      client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { id: { S: `request#${id}` } },
          UpdateExpression: 'SET #state = :state, decidedBy = :by',
          ConditionExpression: '#state = :open AND expiresAt > :now',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: {
            ':state': { S: state },
            ':by': { S: by },
            ':open': { S: 'open' },
            ':now': { N: String(now()) },
          },
        }),
      ),
    ),
  finish: async (id, end) => {
    await conditionally(() =>
      client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { id: { S: `request#${id}` } },
          UpdateExpression: 'SET #end = :end',
          ConditionExpression: 'attribute_exists(id)',
          ExpressionAttributeNames: { '#end': 'end' },
          ExpressionAttributeValues: { ':end': { S: JSON.stringify(end) } },
        }),
      ),
    );
  },
});

const toItem = (request: ChatRequest) => ({
  id: { S: `request#${request.id}` },
  request: { S: JSON.stringify(request) },
  state: { S: request.state },
  expiresAt: { N: String(request.expiresAt) },
  expiration: { N: String(Math.ceil(request.expiresAt / 1000) + KEEP_SECONDS) },
});

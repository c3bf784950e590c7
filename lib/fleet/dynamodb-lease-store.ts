import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { AppError } from '../errors.ts';
import type { Lease, LeaseStore } from './lease.ts';

const HOUR = 3_600;

/**
 * Leases in the table of short-lived state. Each holder has a token of its own, and every write is conditional on it.
 * Expiry is compared with the caller's clock: leases must be longer than clocks of functions differ (AWS keeps them within
 * milliseconds). TTL removes what nobody released.
 */
export function createDynamoDbLeaseStore(
  { client, table }: { readonly client: DynamoDBClient; readonly table: string },
  now: () => number = Date.now,
): LeaseStore {
  const put = async (name: string, owner: string, seconds: number, condition: string): Promise<Lease | undefined> => {
    const at = now();
    const until = at + seconds * 1000;
    const expiration = Math.ceil(until / 1000) + HOUR;
    const values: Record<string, AttributeValue> = { ':now': { N: String(at) }, ':owner': { S: owner } };
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            id: { S: `lease#${name}` },
            owner: { S: owner },
            until: { N: String(until) },
            expiration: { N: String(expiration) },
          },
          // `owner` also where a lost answer made the SDK send it again.
          ConditionExpression: condition,
          ExpressionAttributeNames: { '#owner': 'owner', '#until': 'until' },
          ExpressionAttributeValues: values,
        }),
      );
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw new AppError('state-unavailable', { cause: error });
    }
    return {
      name,
      until,
      renew: (more) => put(name, owner, more, '#owner = :owner AND #until > :now'),
      release: () => release(name, owner),
    };
  };
  const release = async (name: string, owner: string): Promise<void> => {
    try {
      await client.send(
        new DeleteItemCommand({
          TableName: table,
          Key: { id: { S: `lease#${name}` } },
          ConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: owner } },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException))
        throw new AppError('state-unavailable', { cause: error });
    }
  };
  return {
    isHeld: async (name) => {
      try {
        const { Item: item } = await client.send(
          new GetItemCommand({ TableName: table, Key: { id: { S: `lease#${name}` } }, ConsistentRead: true }),
        );
        return Number(item?.['until']?.N ?? 0) > now();
      } catch (cause) {
        throw new AppError('state-unavailable', { cause });
      }
    },
    acquire: (name, seconds) =>
      put(name, randomUUID(), seconds, 'attribute_not_exists(id) OR #until <= :now OR #owner = :owner'),
  };
}

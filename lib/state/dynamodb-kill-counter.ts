import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { KillCounter } from '../sessions/kill/kill-limit.ts';

/**
 * Counts in the table of short-lived state, one atomic write for each call. One that is sent again because its answer was
 * lost counts twice: the limit is then reached too early rather than too late.
 */
export function createDynamoDbKillCounter(
  { client, table }: { readonly client: Pick<DynamoDBClient, 'send'>; readonly table: string },
  now: () => number = Date.now,
): KillCounter {
  return {
    async take(name, kills, most, seconds) {
      const room = most - kills;
      if (room < 0) return false;
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { id: { S: `kills#${name}` } },
            UpdateExpression: 'ADD kills :kills SET expiration = :expiration',
            ConditionExpression: 'attribute_not_exists(id) OR kills <= :room',
            ExpressionAttributeValues: {
              ':kills': { N: String(kills) },
              ':room': { N: String(room) },
              ':expiration': { N: String(Math.ceil(now() / 1000) + seconds) },
            },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}

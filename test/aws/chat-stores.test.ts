import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe } from 'vitest';
import { STATE_TABLE } from '../../lib/aws-tables.ts';
import { dynamoReplayStore, dynamoRequestStore } from '../../lib/chatops/stores/dynamo-stores.ts';
import { chatStoresContract } from '../contract/chat-stores.contract.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());

describe.skipIf(!dynamodb)(`chat stores in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  let tables = 0;
  chatStoresContract(async () => {
    const table = await createTable(client, `chat-stores-${++tables}`, STATE_TABLE);
    return { replays: dynamoReplayStore(client, table, now), requests: dynamoRequestStore(client, table, now), clock };
  });
});

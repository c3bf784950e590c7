import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe } from 'vitest';
import { dynamoReplayStore, dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { chatStoresContract } from '../contract/chat-stores.contract.ts';
import { atEmulator } from './at-emulator.ts';
import { tableMaker } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const newTable = tableMaker(dynamodb?.client, 'chat-stores', STATE_TABLE);

describe.skipIf(!dynamodb)(`chat stores in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const client = new DynamoDBClient(atEmulator(dynamodb?.endpoint));
  const clock = { ms: 0 };
  const now = () => clock.ms;
  chatStoresContract(async () => {
    const table = await newTable();
    const requests = dynamoRequestStore(client, table, now);
    return { replays: dynamoReplayStore(client, table, now), requests, clock };
  });
});

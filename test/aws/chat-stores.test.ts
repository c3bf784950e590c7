import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe } from 'vitest';
import { dynamoReplayStore, dynamoRequestStore } from '../../lib/chatops/stores/dynamo-stores.ts';
import { chatStoresContract } from '../contract/chat-stores.contract.ts';
import { startMoto } from './moto.ts';

const { moto, skipped } = await startMoto();
afterAll(() => moto?.stop());

describe.skipIf(moto === undefined)(`chat stores in DynamoDB ${skipped ?? ''}`, async () => {
  const clock = { ms: 0 };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint: moto?.endpoint ?? '', region: 'eu-central-1', credentials });
  const table = 'state';
  if (moto !== undefined)
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      }),
    );
  const now = () => clock.ms;
  chatStoresContract(async () => ({
    replays: dynamoReplayStore(client, table, now),
    requests: dynamoRequestStore(client, table, now),
    clock,
  }));
});

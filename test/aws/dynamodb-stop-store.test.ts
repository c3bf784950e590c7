import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { stopSwitch } from '../../lib/sessions/kill/stop-switch.ts';
import { createDynamoDbStopStore } from '../../lib/state/dynamodb-stop-store.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { stopStoreContract } from '../contract/stop-store.contract.ts';
import { atEmulator } from './at-emulator.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());

describe.skipIf(!dynamodb)(`the stop in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const client = new DynamoDBClient(atEmulator(dynamodb?.endpoint));
  const newTable = async () => createTable(dynamodb?.client ?? new DynamoDBClient(), crypto.randomUUID(), STATE_TABLE);

  stopStoreContract('DynamoDB', async () => createDynamoDbStopStore({ client, table: await newTable() }));

  it('stops all if its table is missing, and while anything is under its key', async () => {
    const stops = createDynamoDbStopStore({ client, table: 'none' });
    expect(await stopSwitch(false, stops)()).toBe(true);
    await expect(stops.put({ by: { source: 'jwt', subject: 'ada' }, reason: 'r', since: 's' })).rejects.toMatchObject({
      code: 'state-unavailable',
    });
    const table = await newTable();
    const known = createDynamoDbStopStore({ client, table });
    expect(await stopSwitch(false, known)()).toBe(false);
    await dynamodb?.client.send(new PutItemCommand({ TableName: table, Item: { id: { S: 'stop' } } }));
    expect(await stopSwitch(false, known)()).toBe(true);
  });
});

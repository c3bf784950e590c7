import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { createDynamoDbKillCounter } from '../../lib/state/dynamodb-kill-counter.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { killCounterContract } from '../contract/kill-counter.contract.ts';
import { atEmulator } from './at-emulator.ts';
import { tableMaker } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const newTable = tableMaker(dynamodb?.client, 'state', STATE_TABLE);

describe.skipIf(!dynamodb)(`kills counted in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const client = new DynamoDBClient(atEmulator(dynamodb?.endpoint));
  killCounterContract('DynamoDB', async () => createDynamoDbKillCounter({ client, table: await newTable() }));

  it('are of two functions together', async () => {
    const table = await newTable();
    const [one, other] = [1, 2].map(() => createDynamoDbKillCounter({ client, table }));
    expect(await one?.take('ada', 6, 10, 60)).toBe(true);
    expect(await other?.take('ada', 6, 10, 60)).toBe(false);
  });

  it('cannot be counted where the table cannot be asked', async () => {
    const counter = createDynamoDbKillCounter({ client, table: 'none' });
    await expect(counter.take('ada', 1, 10, 60)).rejects.toThrow();
  });
});

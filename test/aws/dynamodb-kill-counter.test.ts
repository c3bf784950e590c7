import { afterAll, describe, expect, it } from 'vitest';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { killCounterContract } from '../contract/kill-counter.contract.ts';
import { atEmulator } from './at-emulator.ts';
import { tableMaker } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import * as aws from './parts.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const newTable = tableMaker(dynamodb?.client, 'state', STATE_TABLE);

describe.skipIf(!dynamodb)(`kills counted in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const client = new aws.DynamoDBClient(atEmulator(dynamodb?.endpoint));
  killCounterContract('DynamoDB', async () => aws.createDynamoDbKillCounter({ client, table: await newTable() }));

  it('are of two functions together', async () => {
    const table = await newTable();
    const [one, other] = [1, 2].map(() => aws.createDynamoDbKillCounter({ client, table }));
    expect(await one?.take('ada', 6, 10, 60)).toBe(true);
    expect(await other?.take('ada', 6, 10, 60)).toBe(false);
  });

  it('cannot be counted where the table cannot be asked', async () => {
    const counter = aws.createDynamoDbKillCounter({ client, table: 'none' });
    await expect(counter.take('ada', 1, 10, 60)).rejects.toThrow();
  });
});

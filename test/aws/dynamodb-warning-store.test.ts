import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { createDynamoDbWarningStore } from '../../lib/state/dynamodb-warning-store.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { warningStoreContract } from '../contract/warning-store.contract.ts';
import { atEmulator } from './at-emulator.ts';
import { tableMaker } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const newTable = tableMaker(dynamodb?.client, 'state', STATE_TABLE);

describe.skipIf(!dynamodb)(`warnings in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const client = new DynamoDBClient(atEmulator(dynamodb?.endpoint));
  warningStoreContract('DynamoDB', async (now) => createDynamoDbWarningStore({ client, table: await newTable() }, now));

  it('says so where the table cannot be asked', async () => {
    const store = createDynamoDbWarningStore({ client, table: 'none' });
    const unavailable = { code: 'state-unavailable' };
    const wish = { until: 1, by: 'ada', most: 1, seconds: 1 };

    await expect(store.read(['a'])).rejects.toMatchObject(unavailable);
    await expect(store.ask('a', { askedAt: 1, extensions: 0, keptBy: null }, undefined, 1)).rejects.toMatchObject(
      unavailable,
    );
    await expect(store.told('a', 1, 1)).rejects.toMatchObject(unavailable);
    await expect(store.keep('a', wish)).rejects.toMatchObject(unavailable);
    await expect(store.beginEnd('a', 1)).rejects.toMatchObject(unavailable);
  });
});

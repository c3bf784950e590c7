import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { STATE_TABLE } from '../../lib/aws-tables.ts';
import { createDynamoDbWarningStore } from '../../lib/reaper/warn/dynamodb-warning-store.ts';
import { warningStoreContract } from '../contract/warning-store.contract.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());
let tables = 0;

describe.skipIf(!dynamodb)(`warnings in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  warningStoreContract('DynamoDB', async (now) =>
    createDynamoDbWarningStore({ client, table: await createTable(client, `state-${++tables}`, STATE_TABLE) }, now),
  );

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

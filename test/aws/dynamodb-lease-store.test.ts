import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { STATE_TABLE } from '../../lib/aws-tables.ts';
import { createDynamoDbLeaseStore } from '../../lib/fleet/dynamodb-lease-store.ts';
import { leaseStoreContract } from '../contract/lease-store.contract.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());
let tables = 0;

describe.skipIf(!dynamodb)(`leases in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  leaseStoreContract('DynamoDB', async (now) =>
    createDynamoDbLeaseStore({ client, table: await createTable(client, `state-${++tables}`, STATE_TABLE) }, now),
  );

  it('gives none where the table cannot be asked', async () => {
    const store = createDynamoDbLeaseStore({ client, table: 'none' });

    await expect(store.acquire('shop', 30)).rejects.toMatchObject({ code: 'state-unavailable' });
  });
});

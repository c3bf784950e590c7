import { afterAll, describe, expect, it } from 'vitest';
import { STATE_TABLE } from '../../lib/aws-tables.ts';
import { leaseStoreContract } from '../contract/lease-store.contract.ts';
import { atEmulator, bothClients } from './both-clients.ts';
import { tableMaker } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const newTable = tableMaker(dynamodb?.client, 'state', STATE_TABLE);

describe.skipIf(!dynamodb).each(await bothClients())(
  `leases in DynamoDB, by $clients${skipped ? ` - skipped: ${skipped}` : ''}`,
  ({ aws }) => {
    const client = new aws.DynamoDBClient(atEmulator(dynamodb?.endpoint));
    leaseStoreContract('DynamoDB', async (now) =>
      aws.createDynamoDbLeaseStore({ client, table: await newTable() }, now),
    );

    it('gives none where the table cannot be asked', async () => {
      const store = aws.createDynamoDbLeaseStore({ client, table: 'none' });

      await expect(store.acquire('shop', 30)).rejects.toMatchObject({ code: 'state-unavailable' });
    });
  },
);

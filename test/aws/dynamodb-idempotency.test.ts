import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { idempotencyContract } from '../contract/idempotency.contract.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());
let tables = 0;
const over = (tableName: string) =>
  createIdempotency(async () => new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }));

// By the official client alone: Powertools brings it along, into bundles too.
describe.skipIf(!dynamodb)(`idempotency in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  idempotencyContract('DynamoDB', async () => over(await createTable(client, `state-${++tables}`, STATE_TABLE)));

  it('does nothing where the table cannot be asked', async () => {
    let effects = 0;
    const call = { scope: ['kill'], key: 'k', payload: {}, remainingMs: () => 30_000 };

    await expect(over('none').once(call, async () => ++effects)).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(effects).toBe(0);
  });

  it('gives the answer of work that was done also where it cannot be kept', async () => {
    const table = await createTable(client, `state-${++tables}`, STATE_TABLE);
    const call = { scope: ['kill'], key: 'k', payload: {}, remainingMs: () => 30_000 };
    const tooLarge = 'x'.repeat(500_000);

    await expect(over(table).once(call, async () => tooLarge)).resolves.toBe(tooLarge);
    await expect(over(table).once(call, async () => 'again')).rejects.toMatchObject({ code: 'idempotency-in-flight' });
  });
});

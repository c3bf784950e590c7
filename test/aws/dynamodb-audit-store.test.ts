import { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { decodeTime, ulid } from 'ulid';
import { afterAll, describe, expect, it } from 'vitest';
import { toItem } from '../../lib/audit/dynamodb/audit-item.ts';
import { writeIntent } from '../../lib/audit/dynamodb/write-intents.ts';
import { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
import { listAudit } from '../../lib/audit/list-audit.ts';
import { configSchema } from '../../lib/config/config-schema.ts';
import { AUDIT_TABLE } from '../../lib/state/tables.ts';
import { anIntent, TERMINATED } from '../contract/an-intent.ts';
import { auditStoreContract } from '../contract/audit-store.contract.ts';
import { atEmulator } from './at-emulator.ts';
import { tableMaker } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
afterAll(() => dynamodb?.stop());
const newTable = tableMaker(dynamodb?.client, 'audit', AUDIT_TABLE);

describe.skipIf(!dynamodb)(`audit in DynamoDB${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const client = new DynamoDBClient(atEmulator(dynamodb?.endpoint));
  // The emulator takes as long as the machine lets it.
  const limits = { one: 60_000, many: 120_000 };
  const newStore = async () => createDynamoDbAuditStore({ client, table: await newTable(), limits });

  auditStoreContract('DynamoDB', async () => ({ store: await newStore(), close: () => {} }));

  it('lets a record expire after the days that are configured', async () => {
    const table = await newTable();
    const id = await createDynamoDbAuditStore({ client, table, retentionDays: 30 }).begin(anIntent());

    const { Item: item } = await client.send(new GetItemCommand({ TableName: table, Key: { id: { S: id } } }));

    expect(Number(item?.['expiresAt']?.N)).toBe(Math.floor(decodeTime(id) / 1000) + 30 * 86_400);
  });

  it('rejects as a whole when a later part of many fails, and leaves none of them open', async () => {
    const table = await newTable();
    let transactions = 0;
    const failing = new Proxy(client, {
      get: (real, name) =>
        name === 'send'
          ? (command: Parameters<typeof real.send>[0]) =>
              command instanceof TransactWriteItemsCommand && ++transactions > 2
                ? Promise.reject(new Error('ThrottlingException'))
                : real.send(command)
          : Reflect.get(real, name),
    });
    const store = createDynamoDbAuditStore({ client: failing, table });

    await expect(store.beginAll(Array.from({ length: 300 }, () => anIntent()))).rejects.toMatchObject({
      code: 'audit-unavailable',
    });

    const records = await store.list({ limit: 500 });
    expect(records).toHaveLength(200);
    expect(records.every(({ outcome, detail }) => outcome === 'failed' && detail === 'audit-unavailable')).toBe(true);
  });

  it('names the failure of a table that is not there, and tells what stays open', async () => {
    const store = createDynamoDbAuditStore({ client, table: 'none' });
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

    for (const call of [
      () => store.begin(anIntent()),
      () => store.beginAll([anIntent()]),
      () => store.finish(id, TERMINATED),
      () => store.list({ limit: 1 }),
      () => store.open({ before: new Date().toISOString(), limit: 1 }),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'audit-unavailable', cause: expect.any(Error) });
    expect(await store.finishAll(new Map([[id, TERMINATED]]))).toEqual([id]);
  });

  it('lists over the borders of months', async () => {
    const table = await newTable();
    const made = [300, 200, 61, 60, 30, 1].map((days) => ulid(Date.now() - days * 86_400_000));
    for (const id of made) await writeIntent(client, table, toItem(id, anIntent(), 400));
    const store = createDynamoDbAuditStore({ client, table });

    const from = new Date(Date.now() - 250 * 86_400_000).toISOString();

    expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual(made.toReversed());
    expect((await store.list({ limit: 9, from })).map(({ id }) => id)).toEqual(made.slice(1).toReversed());
    expect((await store.list({ limit: 2, after: String(made[3]) })).map(({ id }) => id)).toEqual([made[2], made[1]]);
  });

  it('shows each principal its own records and those of its targets, once, over all pages', async () => {
    const store = await newStore();
    const subjects = ['ada', 'bob', 'eve'];
    const made = await store.beginAll(
      Array.from({ length: 450 }, (_, i) =>
        anIntent({
          target: i % 2 ? 'pay-1' : 'crm',
          principal: { source: 'jwt', subject: subjects[i % 3] ?? '' },
        }),
      ),
    );
    const config = configSchema.parse({
      access: [{ who: { group: 'pay' }, targets: ['pay-*'], privileges: ['PROCESS'] }],
    });
    const principal = { source: 'jwt', subject: 'bob', groups: ['pay'], claims: {} } as const;
    const found: string[] = [];

    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { limit: 40, ...(cursor !== undefined && { cursor }) };
      const { records, next } = await listAudit({ config, audit: store }, { principal, query });
      found.push(...records.map(({ id }) => id));
      cursor = next;
    }

    expect(found).toEqual(made.filter((_, i) => i % 2 === 1 || i % 3 === 1).toReversed());
  });
});

import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
import { dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { AUDIT_TABLE, STATE_TABLE } from '../../lib/state/tables.ts';
import { anIntent, TERMINATED } from '../contract/an-intent.ts';
import { createTable } from './create-table.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';
import { FAULTS, startFaultyDynamoDb } from './faulty-dynamodb.ts';

const { dynamodb, skipped } = await startDynamoDbLocal();
const faulty = dynamodb && (await startFaultyDynamoDb(dynamodb.endpoint));
const tables = dynamodb && {
  audit: await createTable(dynamodb.client, 'faults-audit', AUDIT_TABLE),
  state: await createTable(dynamodb.client, 'faults-state', STATE_TABLE),
};
afterEach(() => faulty?.heal());
afterAll(async () => {
  await faulty?.close();
  await dynamodb?.stop();
});
/** A busy machine is no failure. */
const PATIENT = { one: 60_000, many: 60_000 };

describe.skipIf(!dynamodb)(`a table that fails${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const aClient = () => {
    if (faulty === undefined) throw new Error('unreachable');
    return faulty.newClient();
  };
  const aStore = () => createDynamoDbAuditStore({ client: aClient(), table: tables?.audit ?? '', limits: PATIENT });
  const recordOf = async (id: string) => (await aStore().list({ limit: 500 })).filter((record) => record.id === id);

  it.each(FAULTS)('takes an intent and its outcome once, though it comes between them: %s', async (fault) => {
    const store = aStore();
    faulty?.ail({ fault, operation: 'PutItem', times: 1 });
    const id = await store.begin(anIntent());
    faulty?.ail({ fault, operation: 'UpdateItem', times: 1 });
    await store.finish(id, TERMINATED);
    faulty?.heal();

    expect(await recordOf(id)).toMatchObject([TERMINATED]);
    await expect(store.finish(id, TERMINATED)).rejects.toMatchObject({ code: 'internal' });
  });

  it.each(FAULTS)('writes many at once in one piece, though it comes between them: %s', async (fault) => {
    const store = aStore();
    faulty?.ail({ fault, operation: 'TransactWriteItems', times: 1 });
    const ids = await store.beginAll([anIntent(), anIntent()]);
    faulty?.heal();

    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(await recordOf(id)).toMatchObject([{ outcome: null }]);
  });

  it.each(FAULTS)('says what cannot be known where it stays so: %s', async (fault) => {
    const requests = dynamoRequestStore(aClient(), tables?.state ?? '');
    const store = aStore();
    faulty?.ail({ fault });

    await Promise.all([
      expect(store.begin(anIntent())).rejects.toMatchObject({ code: 'audit-unavailable' }),
      expect(requests.get('r')).rejects.toMatchObject({ code: 'state-unavailable' }),
    ]);
  });
});

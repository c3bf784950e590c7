import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditStore } from '../../lib/audit/audit.ts';
import { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
import { sweepAudit } from '../../lib/audit/sweep.ts';
import { createServices } from '../../lib/services.ts';
import { killSessions } from '../../lib/sessions/kill/kill.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { AUDIT_TABLE } from '../../lib/state/tables.ts';
import { createUrlDirectory } from '../../lib/targets/database-url.ts';
import { createTable } from '../aws/create-table.ts';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { FAULTS, type Ill, startFaultyDynamoDb } from '../aws/faulty-dynamodb.ts';
import { operatorConfig } from '../support/operator-config.ts';
import { Client, OPERATOR } from './a-server.ts';
import { engines } from './engines.ts';

/** A call that hangs is given up by the client that hears of it: no limit needs to pass, and none passes on a busy machine. */
const PATIENT = { one: 60_000, many: 60_000 };
/** Where the store fails: the call, how many sessions are ended at once, and the calls that go well before. */
const STEPS = {
  'one intent': { operation: 'PutItem', sessions: 1, skip: 0 },
  'the second hundred intents': { operation: 'TransactWriteItems', sessions: 110, skip: 1 },
  'one outcome': { operation: 'UpdateItem', sessions: 1, skip: 0 },
  'some outcomes of many': { operation: 'UpdateItem', sessions: 8, skip: 3 },
} as const;
const CASES = Object.entries(STEPS).flatMap(([step, where]) =>
  FAULTS.map((fault) => [`${fault}: ${step}`, { fault, operation: where.operation, skip: where.skip }, where] as const),
);

const { dynamodb, skipped } = await startDynamoDbLocal();
const faulty = dynamodb && (await startFaultyDynamoDb(dynamodb.endpoint));
afterAll(async () => {
  await faulty?.close();
  await dynamodb?.stop();
});
const why = skipped ? ` - skipped: ${skipped}` : '';

describe.each(engines)(`a record that fails on $name${why}`, ({ name, url = '' }) => {
  const clients: Client[] = [];
  const alive = async () => {
    const root = await createConnection(url);
    const [rows] = await root.query('SHOW PROCESSLIST');
    await root.end();
    const ids = new Set((rows as { readonly Id: unknown }[]).map(({ Id }) => String(Id)));
    return clients.filter(({ id }) => ids.has(id));
  };
  let table = '';
  let client: DynamoDBClient;
  let store: AuditStore;
  beforeAll(async () => {
    if (!dynamodb || !url) return;
    table = await createTable(dynamodb.client, `faults-${name}`, AUDIT_TABLE);
  });
  beforeEach(() => {
    if (faulty === undefined) return;
    client = faulty.newClient();
    store = createDynamoDbAuditStore({ client, table, limits: PATIENT });
  });
  afterEach(() => {
    faulty?.heal();
    client.destroy();
  });
  afterAll(() => {
    for (const one of clients) one.close();
  });

  /** Ends so many sessions while the store is ill; then it gets well, and the sweep runs. */
  const endWhile = async (ill: Ill, count: number) => {
    while (clients.length < count) {
      const one = await Client.open(url);
      one.connection.on('error', () => {});
      clients.push(one);
    }
    const victims = clients.slice(0, count);
    const services = createServices(operatorConfig, createUrlDirectory(new Map([['local', url]])), store);
    const from = new Date().toISOString();
    faulty?.ail(ill);
    const answer = await killSessions(services, {
      principal: OPERATOR,
      target: 'local',
      kills: victims.map(({ id }) => ({ id: sessionId(id), kind: 'connection', tag: null })),
      reason: 'test',
      correlationId: 'test',
    }).catch((error: unknown) => error);
    faulty?.heal();
    const before = await store.list({ target: 'local', from, limit: 500 });
    const living = new Set((await alive()).map(({ id }) => id));
    const ended = victims.filter(({ id }) => !living.has(id)).map(({ id }) => id);
    clients.splice(0, clients.length, ...clients.filter(({ id }) => living.has(id)));
    await sweepAudit(services, { olderThan: -60 });
    const records = await store.list({ target: 'local', from, limit: 500 });
    return { answer, before, ended, records, victims };
  };

  it.skipIf(!url || !dynamodb).each(CASES)(
    'ends nothing without an intent, and loses nothing: %s',
    async (_case, ill, { sessions, operation }) => {
      const { answer, before, ended, records, victims } = await endWhile(ill, sessions);

      const intended = new Set(before.map((record) => String(record.sessionId)));
      expect(ended.filter((id) => !intended.has(id))).toEqual([]);
      expect(records.filter(({ outcome }) => outcome === null)).toEqual([]);
      const terminated = records
        .filter(({ outcome }) => outcome === 'terminated')
        .map((record) => String(record.sessionId));
      expect(terminated.toSorted()).toEqual(ended.toSorted());
      // An intent that fails keeps every kill of its call from being sent; for an outcome it is too late for that.
      if (operation === 'UpdateItem') expect(ended).toHaveLength(victims.length);
      else expect({ ended, answer }).toMatchObject({ ended: [], answer: { code: 'audit-unavailable' } });
    },
  );

  it.skipIf(!url || !dynamodb).each(FAULTS)(
    'takes a record that comes back in time as if nothing had been: %s',
    async (fault) => {
      const { answer, ended, records } = await endWhile({ fault, times: 2 }, 3);

      expect(answer).toMatchObject({ results: Array(3).fill({ outcome: 'terminated', proven: true }) });
      expect(ended).toHaveLength(3);
      expect(records.filter(({ outcome, detail }) => outcome === 'terminated' && detail === null)).toHaveLength(3);
    },
  );

  it.skipIf(!url || !dynamodb)('is told that the outcome is not on record, and under which ID it is open', async () => {
    const { answer, before, records } = await endWhile({ fault: 'error', operation: 'UpdateItem' }, 1);

    expect(answer).toMatchObject({ results: [{ outcome: 'terminated', auditId: before[0]?.id }] });
    expect(before).toMatchObject([{ outcome: null }]);
    expect(records).toMatchObject([{ outcome: 'terminated', proven: false, detail: 'sweep: session gone' }]);
  });
});

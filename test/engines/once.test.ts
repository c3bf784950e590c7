import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import * as killSessions from '../../functions/kill-sessions.ts';
import * as previewReap from '../../functions/preview-reap.ts';
import type { Services } from '../../lib/services.ts';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { STATE_TABLE } from '../../lib/state/tables.ts';
import { createTable } from '../aws/create-table.ts';
import { startDynamoDbLocal } from '../aws/dynamodb-local.ts';
import { anEvent, bodyOf } from '../support/http-event.ts';
import { Client, leave, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';

const USER = 'warden_once';
const CONFIG = `access: [{ who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }]
reapers:
  - { name: once, targets: ['*'], kill: connection, match: { user: ${USER} }, victims: all, mode: enforce }
`;
const { dynamodb, skipped } = await startDynamoDbLocal();
const client = dynamodb?.client ?? new DynamoDBClient({ region: 'us-east-1' });
afterAll(() => dynamodb?.stop());
let tables = 0;
const why = skipped ? ` - skipped: ${skipped}` : '';

describe.each(engines)(`a request with an Idempotency-Key, on $name${why}`, ({ url = '' }) => {
  const clients: Client[] = [];
  const open = async () => {
    const one = await Client.open(urlAs(url, USER, 'pw'));
    one.connection.on('error', () => {});
    clients.push(one);
    return one;
  };
  afterEach(async () => {
    await leave(url, clients);
    const root = await Client.open(url);
    await root.run(`DROP USER IF EXISTS ${USER}`);
    root.close();
  });
  const prepare = async () => {
    const root = await Client.open(url);
    await root.run(`CREATE USER ${USER} IDENTIFIED BY 'pw'`);
    root.close();
    const tableName = await createTable(client, `once-${++tables}`, STATE_TABLE);
    const idempotency = createIdempotency(
      async () => new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
    );
    return { ...servicesFor(url, CONFIG), idempotency };
  };
  const HANDLERS = { kills: killSessions, reaps: previewReap } as const;
  const post = async (services: Services, what: keyof typeof HANDLERS, body: unknown) =>
    HANDLERS[what].createHandler(async () => services)(
      anEvent({
        rawPath: `/targets/local/${what}`,
        pathParameters: { target: 'local' },
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k-1' },
        requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub: 'ops' } } } },
        body: JSON.stringify(body),
      }),
    );
  const bodies = {
    kills: (id: string) => ({ kills: [{ id, kind: 'connection' }] }),
    reaps: () => ({ reaper: 'once', dryRun: false }),
  };
  const others = { kills: { kills: [{ id: '1', kind: 'query' }] }, reaps: { reaper: 'once', dryRun: true } };

  it.skipIf(!url || !dynamodb).each(['kills', 'reaps'] as const)('has one effect and one answer: %s', async (what) => {
    const [services, victim] = [await prepare(), await open()];

    const first = await post(services, what, bodies[what](victim.id));
    expect(first.statusCode).toBe(200);
    expect(await victim.isAlive()).toBe(false);
    const next = await open();
    const again = await post(services, what, bodies[what](victim.id));

    expect([again.statusCode, again.body]).toEqual([first.statusCode, first.body]);
    expect(await next.isAlive()).toBe(true);
    expect(services.audit.records).toHaveLength(1);
  });

  it.skipIf(!url || !dynamodb).each(['kills', 'reaps'] as const)(
    'is refused with another payload: %s',
    async (what) => {
      const [services, victim] = [await prepare(), await open()];
      await post(services, what, bodies[what](victim.id));

      const other = await post(services, what, others[what]);

      expect(other.statusCode).toBe(422);
      expect(bodyOf(other)).toMatchObject({ code: 'idempotency-key-reused' });
      expect(services.audit.records).toHaveLength(1);
    },
  );

  it.skipIf(!url || !dynamodb).each(['kills', 'reaps'] as const)(
    'is refused while it is in flight: %s',
    async (what) => {
      const [services, victim] = [await prepare(), await open()];
      const gate = Promise.withResolvers<void>();
      const slow = {
        ...services,
        open: (...how: Parameters<typeof services.open>) => gate.promise.then(() => services.open(...how)),
      };

      const both = [0, 1].map(() => post(slow, what, bodies[what](victim.id)));
      const refused = await Promise.race(both);
      gate.resolve();

      expect(bodyOf(refused)).toMatchObject({ code: 'idempotency-in-flight' });
      const statuses = (await Promise.all(both)).map(({ statusCode }) => statusCode);
      expect(statuses.toSorted()).toEqual([200, 409]);
      expect(services.audit.records).toHaveLength(1);
    },
  );
});

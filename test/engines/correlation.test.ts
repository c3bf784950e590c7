import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/kill-sessions.ts';
import { killSession, killSessions } from '../../lib/sessions/kill/kill.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { createIdempotency } from '../../lib/state/idempotency.ts';
import { createMemoryPersistence } from '../../local/stores/memory-persistence.ts';
import { anEvent } from '../support/http-event.ts';
import { Client, OPERATOR, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

const of = (correlationId: string) => ({
  principal: OPERATOR,
  target: 'local',
  reason: null,
  correlationId,
  escalateAfter: null,
});

describe.each(engines)('correlation on $name', ({ url = '' }) => {
  it.skipIf(!url)('kills one and many with the comment in front of each statement', async () => {
    const [services, ...clients] = [
      servicesFor(url),
      await Client.open(url),
      await Client.open(url),
      await Client.open(url),
    ] as const;
    const [one, two, three] = clients.map(({ id }) => ({ id: sessionId(id), kind: 'connection' as const, tag: null }));
    if (!one || !two || !three) throw new Error('three clients');

    const first = await killSession(services, { ...of('request-1'), ...one });
    const { results } = await killSessions(services, { ...of('request/2+x='), kills: [two, three] });

    expect(first.outcome).toBe('terminated');
    expect(results.map(({ outcome }) => outcome)).toEqual(['terminated', 'terminated']);
    for (const client of clients) expect(await client.isAlive()).toBe(false);
  });

  it.skipIf(!url)('sends nothing for an ID that could end the comment', async () => {
    const [services, client] = [servicesFor(url), await Client.open(url)];
    const kill = { ...of('x */ KILL 1 /*'), id: sessionId(client.id), kind: 'connection' as const, tag: null };

    await expect(killSession(services, kill)).rejects.toMatchObject({ code: 'internal' });

    expect(await client.isAlive()).toBe(true);
    expect(services.audit.records).toEqual([]);
    client.close();
  });

  it.skipIf(!url)('has one effect, record and answer for two bulk kills with the same key', async () => {
    const [services, client] = [servicesFor(url), await Client.open(url)];
    const idempotency = createIdempotency(async () => createMemoryPersistence());
    const handler = createHandler(async () => ({ ...services, idempotency }));
    const post = (id: string) =>
      handler(
        anEvent({
          rawPath: '/targets/local/kills',
          pathParameters: { target: 'local' },
          headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' },
          requestContext: {
            requestId: randomUUID(),
            authorizer: { jwt: { claims: { sub: 'ops', groups: '[operator]' } } },
          },
          body: JSON.stringify({ kills: [{ id, kind: 'connection' }] }),
        }),
      );

    const first = await post(client.id);
    await sleep(5);
    const second = await post(client.id);

    expect(JSON.parse(first.body).results).toMatchObject([{ id: client.id, outcome: 'terminated' }]);
    expect(second.body).toBe(first.body);
    expect(services.audit.records).toHaveLength(1);
    expect(await post('1')).toMatchObject({ statusCode: 422 });
  });
});

// The others keep no history of statements by default that a test could read without changing the server.
describe.each(engines.filter(({ name }) => name === 'mysql'))('correlation in the record of $name', ({ url = '' }) => {
  it.skipIf(!url)("is found at the KILL in the server's own record", async () => {
    const [services, client] = [servicesFor(url), await Client.open(url)];
    const correlationId = randomUUID();
    const watcher = await createConnection(url);
    const text = `SELECT SQL_TEXT AS text FROM performance_schema.events_statements_history WHERE SQL_TEXT LIKE '/* session-warden ${correlationId} */%'`;
    const kill = { ...of(correlationId), id: sessionId(client.id), kind: 'connection' as const, tag: null };

    // The history goes with our connection, so it is read right after the kill.
    const open = services.open;
    const seen: string[] = [];
    const looking: typeof services.open = async (target, id) => {
      const database = await open(target, id);
      const send = database.compareAndKill.bind(database);
      database.compareAndKill = async (...what) => {
        const replies = await send(...what);
        const [rows] = await watcher.query<RowDataPacket[]>(text);
        seen.push(...rows.map((row) => String(row['text'])));
        return replies;
      };
      return database;
    };
    await killSession({ ...services, open: looking }, kill);

    await watcher.end();
    expect(seen).toContainEqual(expect.stringMatching(/\*\/ SELECT BIT_OR/));
    expect(seen).toContainEqual(expect.stringMatching(/\*\/ KILL /));
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as getSession from '../../functions/get-session.ts';
import * as killConnection from '../../functions/kill-connection.ts';
import * as killQuery from '../../functions/kill-query.ts';
import type { Services } from '../../lib/services.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import { anEvent, bodyOf } from '../support/http-event.ts';
import { Client, isRunning, leave, seen, servicesFor, urlAs } from './a-server.ts';
import { engines } from './engines.ts';
import { openReplica } from './replica.ts';

const RULES = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: '*' }, targets: ['*'], users: ['{sub}'] }
`;
const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';
const HANDLERS = { get: getSession, connection: killConnection, query: killQuery } as const;
const KINDS = ['connection', 'query'] as const;

describe.each(engines)('over HTTP, what changed meanwhile on $name', ({ name, url = '' }) => {
  const clients: Client[] = [];
  let root: Client;
  const open = async (as = urlAs(url, 'warden_ht_ada', 'pw')): Promise<Client> => {
    const client = await Client.open(as);
    clients.push(client);
    return client;
  };
  const asked = async (
    what: keyof typeof HANDLERS,
    id: string,
    more: { tag?: string; sub?: string; services?: Services } = {},
  ) => {
    const claims = more.sub === undefined ? { sub: 'ops', groups: ['operator'] } : { sub: more.sub };
    const answer = await HANDLERS[what].createHandler(async () => more.services ?? servicesFor(url, RULES))(
      anEvent({
        pathParameters: { target: 'local', id },
        headers: more.tag === undefined ? {} : { 'if-match': `"${more.tag}"` },
        requestContext: { requestId: 'r1', authorizer: { jwt: { claims } } },
      }),
    );
    const { code, outcome } = bodyOf(answer);
    return { status: answer.statusCode, code, outcome };
  };
  beforeAll(async () => {
    if (!url) return;
    root = await Client.open(url);
    for (const user of ['warden_ht_ada', 'warden_ht_bob']) {
      await root.connection.query(`DROP USER IF EXISTS ${user}`);
      await root.connection.query(`CREATE USER ${user} IDENTIFIED BY 'pw'`);
    }
  });
  afterAll(async () => {
    if (!url) return;
    for (const user of ['warden_ht_ada', 'warden_ht_bob']) await root.connection.query(`DROP USER ${user}`);
    root.close();
  });
  afterEach(async () => {
    await leave(url, clients);
  });
  /** A pool that gives a connection to another user: the ID stays. */
  const handOver = async (client: Client): Promise<void> => {
    await client.connection.changeUser({ user: 'warden_ht_bob', password: 'pw' });
    await seen(servicesFor(url), client.id, ({ user }) => user === 'warden_ht_bob');
  };

  it.skipIf(!url)('the owner: the tag of the one before ends neither the session nor what it runs', async () => {
    const client = await open();
    const first = client.run(LONG);
    const { tag, statement } = await seen(servicesFor(url), client.id, isRunning);
    await asked('query', client.id);
    await first;
    await handOver(client);
    expect(await asked('connection', client.id, { tag })).toMatchObject({ status: 412, code: 'tag-mismatch' });
    const second = client.run(LONG);
    const view = await seen(servicesFor(url), client.id, isRunning);
    expect(await asked('query', client.id, { tag: statement?.tag ?? '' })).toMatchObject({ status: 412 });
    expect(await seen(servicesFor(url), client.id)).toMatchObject({ statement: { tag: view.statement?.tag } });
    expect(await asked('query', client.id, { tag: view.statement?.tag ?? '' })).toMatchObject({ status: 200 });
    await second;
    expect(await client.isAlive()).toBe(true);
  });

  it.skipIf(!url)('the owner: who had it before may neither see nor end it, who has it now may', async () => {
    const client = await open();
    expect(await asked('get', client.id, { sub: 'warden_ht_ada' })).toMatchObject({ status: 200 });
    await handOver(client);
    for (const what of ['get', ...KINDS] as const)
      expect(await asked(what, client.id, { sub: 'warden_ht_ada' })).toMatchObject({
        status: 404,
        code: 'session-not-found',
      });
    expect(await client.isAlive()).toBe(true);
    expect(await asked('connection', client.id, { sub: 'warden_ht_bob' })).toMatchObject({ outcome: 'terminated' });
  });

  it.skipIf(!url)('many who end the same at once: it ends, no one gets an error, and nothing else ends', async () => {
    const [victim, other] = [await open(), await open()];
    const running = victim.run(LONG);
    const { tag, statement } = await seen(servicesFor(url), victim.id, isRunning);
    const queries = await Promise.all(
      Array.from({ length: 5 }, () => asked('query', victim.id, { tag: statement?.tag ?? '' })),
    );
    await running;
    expect(queries.map(({ outcome }) => outcome)).toContain('query-cancelled');
    // Who comes while it is being cut learns that, and may ask again.
    for (const { status, outcome } of queries) expect(status).toBe(outcome === 'pending' ? 202 : 200);
    expect(await victim.isAlive()).toBe(true);

    const ends = await Promise.all(Array.from({ length: 5 }, () => asked('connection', victim.id, { tag })));
    expect(ends.map(({ outcome }) => outcome)).toContain('terminated');
    for (const { status, outcome, code } of ends) {
      const expected = code === undefined ? /^(terminated|already-gone|pending)$/ : /^session-not-found$/;
      expect(String(outcome ?? code)).toMatch(expected);
      expect(status).toBe(code === undefined ? (outcome === 'pending' ? 202 : 200) : 404);
    }
    expect(await victim.isAlive()).toBe(false);
    expect(await other.isAlive()).toBe(true);
  });

  it.skipIf(!url)('never ends the connection that it asks on, no matter who asks', async () => {
    const services = servicesFor(url, RULES);
    for (const kind of KINDS) {
      const database = await services.open({ name: 'local' });
      const onThis: Services = { ...services, open: async () => database };
      expect(await asked(kind, database.server.ownId, { services: onThis })).toMatchObject({
        status: 403,
        code: 'protected',
      });
    }
    expect(services.audit.records.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
  });

  // MariaDB keeps no binary log unless told to, and the kernel has none to give.
  const replicating = name === 'mysql' ? it.skipIf(!url) : undefined;
  replicating?.('never ends a replica that reads the binary log', async () => {
    const replica = await openReplica(url);
    const isReading = (view: SessionView): boolean => view.command.startsWith('Binlog');
    try {
      expect(await seen(servicesFor(url), replica.id, isReading)).toMatchObject({ protected: true });
      for (const kind of KINDS) expect(await asked(kind, replica.id)).toMatchObject({ status: 403, code: 'protected' });
      await seen(servicesFor(url), replica.id, isReading);
    } finally {
      replica.close();
    }
  });
});

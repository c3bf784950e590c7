import { afterEach, describe, expect, it } from 'vitest';
import { killSessions } from '../../lib/sessions/kill/kill.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { Client, isRunning, kill, leave, list, OPERATOR, seen, servicesFor, urlAs } from './a-server.ts';
import { modes } from './modes.ts';

const MODES = await modes();
const LONG = 'SELECT SLEEP(60) AS t, 1 FROM (SELECT 1 UNION ALL SELECT 2) r';
const CUT = [1317, 5065, 0]; // MySQL may end a cut SLEEP without an error

describe.each(MODES)('kill on $title', ({ name, url = '', service = '', isApproximate, keepsRecord }) => {
  const clients: Client[] = [];
  const open = async (): Promise<Client> => {
    const client = await Client.open(url);
    clients.push(client);
    return client;
  };
  afterEach(async () => {
    await leave(url, clients);
  });

  it.skipIf(!url)('ends a session, as its client and an independent list see it', async () => {
    const [services, client, other] = [servicesFor(service), await open(), await open()];
    const result = await kill(services, client.id, 'connection');
    expect(result).toMatchObject({ outcome: 'terminated', identity: 'exact', proven: true, id: client.id });
    expect(await client.isAlive()).toBe(false);
    expect(await other.isAlive()).toBe(true);
    expect(services.audit.records).toMatchObject([{ id: result.auditId, outcome: 'terminated', sessionId: client.id }]);
    await expect(kill(services, client.id, 'connection')).rejects.toMatchObject({ code: 'session-not-found' });
  });

  it.skipIf(!url)('cancels a statement and keeps its session', async () => {
    const [services, client] = [servicesFor(service), await open()];
    const ended = client.run(LONG);
    const { statement } = await seen(services, client.id, isRunning);
    const result = await kill(services, client.id, 'query', { tag: statement?.tag ?? '' });
    expect(result).toMatchObject({
      outcome: 'query-cancelled',
      identity: isApproximate ? 'approximate' : 'exact',
    });
    expect(CUT).toContain(await ended);
    expect(await client.isAlive()).toBe(true);
    expect(result.proven).toBe(keepsRecord);
  });

  it.skipIf(!url)('ends no one for a victim whose facts another one of the packet has, under the same ID', async () => {
    const [services, client] = [servicesFor(service), await open()];
    const database = await services.open({ name: 'local' });
    try {
      const [session] = await database.find([sessionId(client.id)]);
      if (session === undefined) throw new Error('It is not listed.');
      const statement = { text: 'x', digest: 'd', id: '1', startedAt: 1 };
      const wrong = [
        { session: { ...session, server: 'another' }, compareStatement: false },
        { session: { ...session, user: 'another' }, compareStatement: false },
        { session: { ...session, statement }, compareStatement: true },
        { session: { ...session, time: 9_999_999 }, compareStatement: false, compareActivity: true },
      ];
      expect(await database.compareAndKill(wrong, 'connection')).toEqual(wrong.map(() => 'no-match'));
      expect(await client.isAlive()).toBe(true);
      const right = { session, compareStatement: false };
      const others = wrong.filter((victim) => victim.session.user === session.user);
      expect(await database.compareAndKill([...others, right], 'connection')).toEqual([
        ...others.map(() => 'no-match'),
        'sent',
      ]);
    } finally {
      await database.close();
    }
  });

  it.skipIf(!url)('says nothing-running of a sleeping session, sends nothing and records nothing', async () => {
    const [services, client] = [servicesFor(service), await open()];
    expect(await kill(services, client.id, 'query')).toMatchObject({ outcome: 'nothing-running', auditId: null });
    expect(await client.isAlive()).toBe(true);
    expect(services.audit.records).toEqual([]);
  });

  it.skipIf(!url)('takes no tag of another session, of another kind, or made up', async () => {
    const [services, client, other] = [servicesFor(service), await open(), await open()];
    const foreign = (await seen(services, other.id)).tag;
    await expect(kill(services, client.id, 'connection', { tag: foreign })).rejects.toMatchObject({
      code: 'tag-mismatch',
      status: 412,
    });
    await expect(kill(services, client.id, 'query', { tag: `${foreign}.${foreign}` })).rejects.toMatchObject({
      code: 'tag-mismatch',
    });
    await expect(kill(services, client.id, 'query', { tag: foreign })).rejects.toMatchObject({
      code: 'tag-invalid',
      status: 400,
    });
    await expect(kill(services, client.id, 'connection', { tag: 'x' })).rejects.toMatchObject({ code: 'tag-invalid' });
    expect(await client.isAlive()).toBe(true);
  });

  it.skipIf(!url)('kills no one for an ID that a server would cut to 32 bits, or beyond 2^53 and 2^63', async () => {
    const [services, client] = [servicesFor(service), await open()];
    for (const id of [2n ** 32n + BigInt(client.id), 2n ** 53n + 1n, 2n ** 63n + 5n]) {
      await expect(kill(services, String(id), 'connection')).rejects.toMatchObject({ code: 'session-not-found' });
    }
    expect(await client.isAlive()).toBe(true);
  });

  it.skipIf(!url)('never ends a system session, no matter who asks, and records the refusal', async () => {
    const services = servicesFor(service);
    const system = (await list(services)).find((view) => view.protected && view.user === 'event_scheduler');
    const own = (await list(services)).find((view) => view.protected && view.statement !== null);
    expect(own).toBeDefined(); // the list shows our own connection, and as protected
    if (system === undefined) return; // MariaDB has none by default, the OceanBase kernel never
    await expect(kill(services, system.id, 'connection')).rejects.toMatchObject({ code: 'protected', status: 403 });
    expect(services.audit.records).toMatchObject([{ outcome: 'refused', sessionId: system.id }]);
  });

  it.skipIf(!url)('ends no connection of another call of ours, and one that only claims to be', async () => {
    const services = servicesFor(url);
    const other = await services.open({ name: 'local' });
    const root = await open();
    await root.connection.query("CREATE USER IF NOT EXISTS warden_poser IDENTIFIED BY 'pw-canary'");
    const target = await Client.open(urlAs(url, 'warden_poser', 'pw-canary'));
    clients.push(target);
    const busy = '/* session-warden 7 */ SELECT SLEEP(30) FROM (SELECT 1 UNION ALL SELECT 2) r';
    try {
      const running = await Client.open(url);
      clients.push(running);
      const ended = running.run(busy);
      expect(await seen(services, running.id, isRunning)).toMatchObject({ protected: true });
      for (const kind of ['connection', 'query'] as const)
        await expect(kill(services, running.id, kind)).rejects.toMatchObject({ code: 'protected' });
      // Between two statements MySQL alone knows what a connection is.
      if (name === 'mysql' && !isApproximate) {
        expect(await seen(services, other.server.ownId)).toMatchObject({ protected: true });
        await expect(kill(services, other.server.ownId, 'connection')).rejects.toMatchObject({ code: 'protected' });
      }
      await root.connection.query(`KILL ${running.id}`);
      await ended;
      const said = target.run(busy);
      expect(await seen(services, target.id, isRunning)).toMatchObject({ protected: false });
      expect(await kill(services, target.id, 'connection')).toMatchObject({ outcome: 'terminated' });
      await said;
    } finally {
      await root.connection.query('DROP USER warden_poser');
      await other.close();
    }
  });

  it.skipIf(!url)(
    'kills no one without a record of the intent, and says so when only the outcome is lost',
    async () => {
      const [services, client] = [servicesFor(service), await open()];
      const beginAll = (): Promise<never> => Promise.reject(new Error('store is down'));
      await expect(
        kill({ ...services, audit: { ...services.audit, beginAll } }, client.id, 'connection'),
      ).rejects.toThrow();
      expect(await client.isAlive()).toBe(true);
      const finishAll = async (outcomes: ReadonlyMap<string, unknown>): Promise<string[]> => [...outcomes.keys()];
      const result = await kill({ ...services, audit: { ...services.audit, finishAll } }, client.id, 'connection');
      expect(result).toMatchObject({ outcome: 'terminated', hint: expect.stringContaining('stays open') });
      expect(services.audit.records).toMatchObject([{ outcome: null }]);
    },
  );

  it.skipIf(!url)('ends 120 sessions in one call and no other; each gets an outcome of its own', async () => {
    const services = servicesFor(service);
    const victims = await Promise.all(Array.from({ length: 120 }, open));
    const [bystander, gone] = [await open(), await open()];
    const tag = (await seen(services, bystander.id)).tag;
    await kill(services, gone.id, 'connection');
    const demands = [...victims, gone, bystander].map(({ id }) => ({
      id: sessionId(id),
      kind: 'connection' as const,
      tag: null as string | null,
    }));
    demands.push({ id: sessionId(victims[0]?.id ?? '1'), kind: 'connection', tag });
    const { results } = await killSessions(services, {
      principal: OPERATOR,
      target: 'local',
      reason: null,
      correlationId: 'test',
      kills: demands.filter(({ id }) => id !== bystander.id),
    });
    expect(results.slice(0, 120).every(({ outcome }) => outcome === 'terminated')).toBe(true);
    expect(results.slice(120).map(({ code, outcome }) => code ?? outcome)).toEqual([
      'session-not-found',
      'tag-mismatch',
    ]);
    expect((await Promise.all(victims.map((victim) => victim.isAlive()))).some(Boolean)).toBe(false);
    expect(await bystander.isAlive()).toBe(true);
  });
});

// Without the engine's own identity, two statements of one text that begin in one second are one.
describe.each(MODES.filter(({ isApproximate }) => !isApproximate))(
  'kill by identity on $title',
  ({ url = '', service = '' }) => {
    const clients: Client[] = [];
    const open = async (): Promise<Client> => {
      const client = await Client.open(url);
      clients.push(client);
      return client;
    };
    afterEach(async () => {
      await leave(url, clients);
    });

    it.skipIf(!url)(
      'leaves the next statement alone, though its text is the same, when the tag is of the one before',
      async () => {
        const [services, client] = [servicesFor(service), await open()];
        const first = client.run(LONG);
        const { statement } = await seen(services, client.id, isRunning);
        await kill(services, client.id, 'query');
        await first;
        const second = client.run(LONG);
        await seen(services, client.id, (view) => isRunning(view) && view.statement?.tag !== statement?.tag);
        await expect(kill(services, client.id, 'query', { tag: statement?.tag ?? '' })).rejects.toMatchObject({
          code: 'tag-mismatch',
        });
        expect((await list(services)).find(({ id }) => id === client.id)?.statement).not.toBeNull();
        await kill(services, client.id, 'query');
        await second;
      },
    );
  },
);

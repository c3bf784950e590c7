import { afterEach, describe, expect, it } from 'vitest';
import * as getSession from '../../functions/get-session.ts';
import * as killConnection from '../../functions/kill-connection.ts';
import * as killQuery from '../../functions/kill-query.ts';
import { AppError } from '../../lib/errors.ts';
import type { Services } from '../../lib/services.ts';
import { anEvent, bodyOf } from '../support/http-event.ts';
import { Client, isRunning, leave, list, seen, servicesFor } from './a-server.ts';
import { modes } from './modes.ts';

const RULES = `access:
  - { who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { sub: view }, targets: ['*'], privileges: [PROCESS] }
  - { who: { sub: own }, targets: ['*'], users: [nobody] }
`;
const CONFIG = `${RULES}  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }\n`;
const HANDLERS = { get: getSession, connection: killConnection, query: killQuery } as const;

interface Ask {
  readonly what: keyof typeof HANDLERS;
  readonly id: string;
  readonly sub?: string;
  readonly tag?: string;
  readonly target?: string;
}

async function ask(services: Services, { what, id, sub = 'ops', tag, target = 'local' }: Ask) {
  const answer = await HANDLERS[what].createHandler(async () => services)(
    anEvent({
      pathParameters: { target, id },
      ...(tag === undefined ? {} : { headers: { 'if-match': `"${tag}"` } }),
      requestContext: { requestId: 'r1', authorizer: { jwt: { claims: { sub } } } },
    }),
  );
  const { code, outcome } = bodyOf(answer);
  return { status: answer.statusCode, code, outcome };
}

describe.each(await modes())('over HTTP, $title', ({ url = '', service = '' }) => {
  const clients: Client[] = [];
  const open = async (): Promise<Client> => {
    const client = await Client.open(url);
    client.connection.on('error', () => {});
    clients.push(client);
    return client;
  };
  afterEach(async () => {
    await leave(url, clients);
  });
  const kinds = ['connection', 'query'] as const;

  it.skipIf(!url).each(['0', '-1', '12abc', ' 12', '1e3', '0x1f', '１２', '1'.repeat(21)])(
    'takes %j for no ID, and sends nothing',
    async (id) => {
      const services = servicesFor(service, CONFIG);
      for (const kind of kinds)
        expect(await ask(services, { what: kind, id })).toMatchObject({ status: 400, code: 'request-invalid' });
      expect(await services.audit.list({ limit: 10 })).toEqual([]);
    },
  );

  it.skipIf(!url)('does not take an ID that the server would cut to another one', async () => {
    const [services, alive] = [servicesFor(service, CONFIG), await open()];
    const ids = [String(2n ** 32n + BigInt(alive.id)), String(2n ** 53n + 1n), String(2n ** 63n + 5n)];
    for (const id of ids)
      for (const kind of kinds)
        expect(await ask(services, { what: kind, id })).toMatchObject({ status: 404, code: 'session-not-found' });
    expect(await alive.isAlive()).toBe(true);
  });

  it.skipIf(!url)('ends a session once; the second time there is nothing to end', async () => {
    const [services, victim] = [servicesFor(service, CONFIG), await open()];
    expect(await ask(services, { what: 'connection', id: victim.id })).toMatchObject({
      status: 200,
      outcome: 'terminated',
    });
    expect(await ask(services, { what: 'connection', id: victim.id })).toMatchObject({ status: 404 });
    expect(await ask(services, { what: 'get', id: victim.id })).toMatchObject({ status: 404 });
  });

  it.skipIf(!url)('ends nothing for the tag of another session, of another statement, or of none', async () => {
    const [services, one, other] = [servicesFor(service, CONFIG), await open(), await open()];
    const { tag } = await seen(services, other.id);
    expect(await ask(services, { what: 'connection', id: one.id, tag })).toMatchObject({
      status: 412,
      code: 'tag-mismatch',
    });
    const first = one.run('SELECT SLEEP(0.6)');
    const before = await seen(services, one.id, isRunning);
    await first;
    const second = one.run('SELECT 1 + SLEEP(0.8)');
    await seen(services, one.id, (view) => isRunning(view) && view.statement?.tag !== before.statement?.tag);
    const stale = before.statement?.tag ?? '';
    expect(await ask(services, { what: 'query', id: one.id, tag: stale })).toMatchObject({ status: 412 });
    expect(await second).toBe(0);
    expect(await ask(services, { what: 'connection', id: one.id, tag: 'forged' })).toMatchObject({
      status: 400,
      code: 'tag-invalid',
    });
    expect(await one.isAlive()).toBe(true);
  });

  it.skipIf(!url)('cancels nothing of a session that runs nothing, and says so', async () => {
    const [services, idle] = [servicesFor(service, CONFIG), await open()];
    expect(await ask(services, { what: 'query', id: idle.id })).toMatchObject({
      status: 200,
      outcome: 'nothing-running',
    });
    expect(await idle.isAlive()).toBe(true);
  });

  it.skipIf(!url)('hides what one may not view, and keeps what one may not end', async () => {
    const [services, victim] = [servicesFor(service, CONFIG), await open()];
    for (const what of ['get', ...kinds] as const)
      expect(await ask(services, { what, id: victim.id, sub: 'own' })).toMatchObject({
        status: 404,
        code: 'session-not-found',
      });
    expect(await ask(services, { what: 'get', id: victim.id, sub: 'view' })).toMatchObject({ status: 200 });
    expect(await ask(services, { what: 'connection', id: victim.id, sub: 'view' })).toMatchObject({
      status: 403,
      code: 'not-allowed',
    });
    expect(await ask(services, { what: 'connection', id: victim.id, sub: 'stranger' })).toMatchObject({
      status: 404,
      code: 'target-not-found',
    });
    expect(await ask(services, { what: 'get', id: victim.id, target: 'other' })).toMatchObject({
      status: 404,
      code: 'target-not-found',
    });
    expect(await victim.isAlive()).toBe(true);
  });

  it.skipIf(!url)('ends no session that is protected, no matter who asks', async () => {
    const services = servicesFor(service, `${CONFIG}protected: { users: [root] }\n`);
    const victim = await open();
    expect(await ask(services, { what: 'connection', id: victim.id })).toMatchObject({
      status: 403,
      code: 'protected',
    });
    expect(await victim.isAlive()).toBe(true);
    // Ours of that list is gone by now.
    const others = (await list(services)).filter(({ user }) => user !== new URL(service).username);
    const system = others.find((view) => view.protected && view.user !== 'root');
    if (system !== undefined)
      expect(await ask(services, { what: 'connection', id: system.id })).toMatchObject({
        status: 403,
        code: 'protected',
      });
  });

  it.skipIf(!url)('sends no kill that cannot be recorded first', async () => {
    const [services, victim] = [servicesFor(service, CONFIG), await open()];
    const down = () => Promise.reject(new AppError('audit-unavailable'));
    const broken = { ...services, audit: { ...services.audit, begin: down, beginAll: down } };
    expect(await ask(broken, { what: 'connection', id: victim.id })).toMatchObject({
      status: 503,
      code: 'audit-unavailable',
    });
    expect(await victim.isAlive()).toBe(true);
  });
});

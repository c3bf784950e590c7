import { afterEach, describe, expect, it } from 'vitest';
import * as killConnection from '../../functions/kill-connection.ts';
import * as listAudit from '../../functions/list-audit.ts';
import * as listSessions from '../../functions/list-sessions.ts';
import { AppError } from '../../lib/errors.ts';
import type { Services } from '../../lib/services.ts';
import { anEvent, bodyOf } from '../support/http-event.ts';
import { Client, isRunning, leave, seen, servicesFor } from './a-server.ts';
import { modes } from './modes.ts';

const ROLE = 'arn:aws:iam::111122223333:role/Dba';
const CONFIG = `access:
  - { who: { sub: hidden-from }, targets: ['*'], users: [nobody-of-this-name] }
  - { who: { role: '${ROLE}' }, targets: ['*'], privileges: [PROCESS, SUPER], statements: full }
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
`;

interface Ask {
  readonly id?: string;
  readonly query?: string;
  readonly authorizer?: unknown;
}
const asAda = {
  iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/Dba/ada@example.com', accountId: '111122223333' },
};
const asHidden = { jwt: { claims: { sub: 'hidden-from', iss: 'https://id.example.com', client_id: 'cli' } } };

async function ask(
  handlers: typeof killConnection | typeof listAudit | typeof listSessions,
  services: Services,
  { id = '1', query = '', authorizer = asAda }: Ask = {},
) {
  const answer = await handlers.createHandler(async () => services)(
    anEvent({
      pathParameters: { target: 'local', id },
      rawQueryString: query,
      requestContext: { requestId: 'r1', authorizer, http: { sourceIp: '203.0.113.7', userAgent: 'curl/8.5' } },
    }),
  );
  return { status: answer.statusCode, body: bodyOf(answer), text: answer.body };
}

describe.each(await modes())('who did it, $title', ({ url = '', service = '' }) => {
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
  const record = async (services: Services, authorizer?: unknown) =>
    (await ask(listAudit, services, { ...(authorizer !== undefined && { authorizer }) })).body['records'];

  it.skipIf(!url)(
    'is on record: the role for rules, the person and the rule beside it, whatever the reason says',
    async () => {
      const [services, victim] = [servicesFor(service, CONFIG), await open()];
      const query = 'reason=(approved%20by%20root)';
      expect(await ask(killConnection, services, { id: victim.id, query })).toMatchObject({ status: 200 });
      expect(await record(services)).toMatchObject([
        {
          principal: { source: 'iam', subject: ROLE },
          caller: { sessionName: 'ada@example.com', sourceIp: '203.0.113.7', userAgent: 'curl/8.5', issuer: null },
          correlationId: 'r1',
          rule: `access[1] role: ${ROLE}`,
          approver: null,
          approvalRequest: null,
          reason: '(approved by root)',
          outcome: 'terminated',
        },
      ]);
    },
  );

  it.skipIf(!url)(
    'is on record of a refusal too, which tells nothing of the session to who may not view it',
    async () => {
      const [services, victim] = [servicesFor(service, CONFIG), await open()];
      for (const id of [victim.id, '4000000001'])
        expect(await ask(killConnection, services, { id, authorizer: asHidden })).toMatchObject({ status: 404 });
      const [none, hidden] = (await record(services)) as readonly Readonly<Record<string, unknown>>[];
      expect(hidden).toMatchObject({
        sessionId: victim.id,
        principal: { source: 'jwt', subject: 'hidden-from' },
        caller: { sessionName: null, issuer: 'https://id.example.com', client: 'cli', sourceIp: '203.0.113.7' },
        ...{ sessionTag: null, statementTag: null, user: null, host: null, db: null, command: null, time: null },
        ...{ statement: null, identity: null, rule: null, outcome: 'refused', detail: 'session-not-found' },
      });
      const each = { id: 'id', at: 'at', outcomeAt: 'at', sessionId: 'asked' };
      expect({ ...hidden, ...each }).toEqual({ ...none, ...each });
      expect(await record(services, asHidden)).toEqual([none, hidden]);
      expect(await victim.isAlive()).toBe(true);
    },
  );

  it.skipIf(!url)('is on record of who reads statements with their literals, or none is shown', async () => {
    const [services, client] = [servicesFor(service, CONFIG), await open()];
    const literal = `who-did-it-${client.id}`;
    void client.run(`SELECT SLEEP(5) AS t, '${literal}' FROM (SELECT 1 UNION ALL SELECT 2) r`);
    await seen(services, client.id, isRunning);
    const full = { query: `full=true&command=Query&text=${literal}` };
    const down = {
      ...services,
      audit: { ...services.audit, note: () => Promise.reject(new AppError('audit-unavailable')) },
    };
    const refused = await ask(listSessions, down, full);
    expect(refused).toMatchObject({ status: 503, body: { code: 'audit-unavailable' } });
    expect(refused.text).not.toContain(literal);
    expect(await record(services)).toEqual([]);

    expect((await ask(listSessions, services, full)).text).toContain(literal);
    expect(await ask(listSessions, services, { query: 'command=Query' })).toMatchObject({ status: 200 });
    expect(await record(services)).toMatchObject([
      {
        kind: 'read',
        principal: { source: 'iam', subject: ROLE },
        caller: { sessionName: 'ada@example.com' },
        ...{ target: 'local', sessionId: null, filter: '{"command":"Query","text":"…"}', count: 1, outcome: 'shown' },
      },
    ]);
  });
});

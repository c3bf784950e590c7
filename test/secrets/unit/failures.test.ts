import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../functions/routes.ts';
import { loadRoutes } from '../../../local/gateway/load-routes.ts';
import { anEvent } from '../../support/http-event.ts';
import { scriptedServices } from '../../support/scripted-services.ts';
import { aSession, running } from '../../unit/lib/reaper/a-session.ts';
import { CANARIES } from '../canary.ts';
import { ALL, lookForSecrets } from './look-for-secrets.ts';

const secrets = lookForSecrets(
  'Secrets in failures',
  'errors of driver, audit store and secrets that quote SQL and secrets',
);
const CONFIG = `access: [{ who: { sub: ops }, targets: ['*'], privileges: [PROCESS, SUPER], users: [app], statements: masked }]
reapers: [{ name: idle-app, targets: ['*'], kill: connection, match: { user: '*' }, victims: all, mode: enforce }]
`;
const BODIES: Readonly<Record<string, unknown>> = {
  'kill-sessions': { kills: [{ id: '42', kind: 'query' }] },
  'preview-reap': { reaper: 'idle-app', dryRun: false },
};

/** A driver's error, as full of what must not come out as one can be. */
const driverError = (): Error =>
  Object.assign(new Error(`You have an error near '${ALL}'\n    at ${CANARIES.literal} (/a.js:1:1)`), {
    code: 'ER_PARSE_ERROR',
    errno: 1064,
    sqlState: '42000',
    sql: `SELECT '${ALL}'`,
    sqlMessage: `near '${ALL}'`,
    cause: new Error(ALL),
  });

const METHODS = [
  'list',
  'find',
  'compareAndKill',
  'statementRecord',
  'lockWaits',
  'connections',
  'privilegesOf',
  'ownPrivileges',
  'findMissingGrants',
] as const;

describe('a failure that quotes what must not come out', () => {
  it.each(METHODS)('of the driver in %s: neither in answer, record, log, metric nor trace', async (method) => {
    const row = aSession({
      id: '42',
      user: 'app',
      command: 'Query',
      statement: running(`SELECT '${CANARIES.literal}'`),
    });
    const { services, audit, database } = scriptedServices(
      CONFIG.replace('[PROCESS, SUPER]', method === 'privilegesOf' ? 'from-database' : '[PROCESS, SUPER]'),
      { looks: [[row]] },
    );
    let isOver = false;
    database.find = async () => (isOver ? [] : [row]);
    const send = database.compareAndKill.bind(database);
    database.compareAndKill = async (...sent) => {
      isOver = true;
      return send(...sent);
    };
    database[method] = async () => {
      throw driverError();
    };
    const routes = await loadRoutes(async () => services);
    const statuses: number[] = [];
    for (const { name } of ROUTES) {
      isOver = false;
      const route = routes.find((one) => one.name === name);
      const body = BODIES[name];
      const authorizer = { jwt: { claims: { sub: 'ops' } } };
      const answer = await route?.handler(
        anEvent({
          requestContext: { requestId: 'r1', authorizer },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
        {} as never,
      );
      statuses.push(answer?.statusCode ?? 0);
      secrets.isClean(JSON.stringify(answer));
    }
    secrets.isClean(...audit.records.map((record) => JSON.stringify(record)), ...secrets.lines(), ...secrets.traces());
    expect(secrets.lines().length).toBeGreaterThan(0);
    expect(Math.max(...statuses)).toBeLessThanOrEqual(504);
  });

  it('of opening, of the audit store and of the secrets, neither', async () => {
    const { services } = scriptedServices(CONFIG, { looks: [[]] });
    const fail = async (): Promise<never> => {
      throw driverError();
    };
    const broken = [
      { ...services, open: fail },
      { ...services, audit: { ...services.audit, begin: fail, beginAll: fail, list: fail } },
      { ...services, audit: { ...services.audit, finishAll: fail } },
      { ...services, targets: { ...services.targets, find: fail, list: fail } },
      { ...services, stopped: fail },
      { ...services, idempotency: { once: fail } },
    ];
    for (const one of broken)
      for (const route of await loadRoutes(async () => one)) {
        const body = BODIES[route.name];
        const authorizer = { jwt: { claims: { sub: 'ops' } } };
        const headers = { 'content-type': 'application/json', ...(body !== undefined && { 'idempotency-key': 'k' }) };
        const event = anEvent({
          headers,
          requestContext: { requestId: 'r1', authorizer },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        secrets.isClean(JSON.stringify(await route.handler(event, {} as never)));
      }
    for (const route of await loadRoutes(fail))
      secrets.isClean(JSON.stringify(await route.handler(anEvent(), {} as never)));
    secrets.isClean(...secrets.lines(), ...secrets.traces());
  });
});

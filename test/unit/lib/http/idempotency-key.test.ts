import { describe, expect, it } from 'vitest';
import { createHandler as createKill } from '../../../../functions/kill-connection.ts';
import { createHandler } from '../../../../functions/kill-sessions.ts';
import { parseConfig, type WardenConfig } from '../../../../lib/config/config.ts';
import { type HttpAnswer, json } from '../../../../lib/http/answer.ts';
import { once } from '../../../../lib/http/once.ts';
import { parseRequest } from '../../../../lib/http/parse.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import { killSessionsRequest } from '../../../../lib/http/requests.ts';
import type { Principal } from '../../../../lib/privileges/principal.ts';
import { createServices, type Services } from '../../../../lib/services.ts';
import type { Idempotency } from '../../../../lib/state/idempotency.ts';
import { createUrlDirectory } from '../../../../lib/targets/database-url.ts';
import { anEvent, bodyOf } from '../../../support/http-event.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';

const aPost = (key: string, body: unknown = { kills: [{ id: '7', kind: 'connection' }] }) =>
  anEvent({
    rawPath: '/targets/local/kills',
    pathParameters: { target: 'local' },
    headers: { 'content-type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(body),
  });
const services = (): Services => createServices(operatorConfig, createUrlDirectory(new Map()), memoryAuditStore());

describe('Idempotency-Key', () => {
  it.each(['', 'a b', '"a', 'ü', 'a,b', 'x'.repeat(129), '*/'])('is refused where it is %j', async (key) => {
    const answer = await createHandler(async () => services())(aPost(key));

    expect(bodyOf(answer)).toMatchObject({
      code: 'request-invalid',
      detail: expect.stringMatching(/^Idempotency-Key/),
    });
  });

  it('is refused where nothing would come of it', async () => {
    const event = anEvent({ headers: { 'idempotency-key': 'k1' } });

    expect(bodyOf(await createKill(async () => services())(event))).toMatchObject({ code: 'request-invalid' });
  });

  it('is refused with 503 where no store is configured, and nothing is done', async () => {
    const answer = await createHandler(async () => services())(aPost('k1'));

    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': expect.any(String) } });
    expect(bodyOf(answer)).toMatchObject({ code: 'state-unavailable' });
  });

  it('means the same with quotes and without', () => {
    const keys = ['"k-1"', 'k-1'].map((key) => parseRequest(killSessionsRequest, readRequest(aPost(key))).key);

    expect(keys).toEqual(['k-1', 'k-1']);
  });

  it('is answered from what is kept only to who may still do what they might then', async () => {
    const access = (rules: string) => parseConfig(`access: [${rules}]`, 'test');
    const rule = (more: string) => `{ who: { group: operator }, targets: ['*'], ${more} }`;
    const all = rule('privileges: [PROCESS, SUPER], users: [app], statements: full');
    const kept = new Map<string, unknown>();
    let ran = 0;
    const run = (config: WardenConfig): Promise<HttpAnswer> => {
      const idempotency: Idempotency = {
        once: async ({ key }, work) => {
          if (!kept.has(key)) kept.set(key, JSON.parse(JSON.stringify(await work())));
          return kept.get(key) as Awaited<ReturnType<typeof work>>;
        },
      };
      const principal: Principal = { source: 'jwt', subject: 'ops', groups: ['operator'], claims: {} };
      const call = { services: { ...services(), config, idempotency }, principal, path: { target: 'local' } };
      const rest = { query: {}, body: {}, tag: null, key: 'k-1', requestId: 'r', remainingMs: () => 1 };
      return once('test', { ...call, ...rest }, async () => json(200, { ran: ++ran }));
    };
    expect(bodyOf(await run(access(all)))).toEqual({ ran: 1 });
    expect(bodyOf(await run(access(all)))).toEqual({ ran: 1 });
    for (const more of [
      'privileges: [PROCESS], users: [app], statements: full',
      'privileges: [SUPER], users: [app], statements: full',
      'privileges: [PROCESS, SUPER], statements: full',
      'privileges: [PROCESS, SUPER], users: [app]',
    ])
      await expect(run(access(rule(more)))).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(run(access(''))).rejects.toMatchObject({ code: 'target-not-found' });
    expect(bodyOf(await run(access(`${all}, ${rule('users: [more]')}`)))).toEqual({ ran: 1 });
    expect(ran).toBe(1);
    // What they may do is known before anything is done: here the database that would tell is not there.
    kept.clear();
    await expect(run(access(rule('users: [app], privileges: from-database')))).rejects.toMatchObject({
      code: 'target-not-found',
    });
    expect(ran).toBe(1);
  });
});

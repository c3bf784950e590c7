import { describe, expect, it } from 'vitest';
import { createHandler as createKill } from '../../../../functions/kill-connection.ts';
import { createHandler } from '../../../../functions/kill-sessions.ts';
import { createUrlDirectory } from '../../../../lib/credentials/database-url.ts';
import { parseRequest } from '../../../../lib/http/parse.ts';
import { readRequest } from '../../../../lib/http/request.ts';
import { killSessionsRequest } from '../../../../lib/http/requests.ts';
import { createServices, type Services } from '../../../../lib/services.ts';
import { anEvent, bodyOf } from '../../../helpers/http-event.ts';
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
});

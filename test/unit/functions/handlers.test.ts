import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as getConsole from '../../../functions/get-console.ts';
import * as getOpenApi from '../../../functions/get-openapi.ts';
import * as getSession from '../../../functions/get-session.ts';
import * as killConnection from '../../../functions/kill-connection.ts';
import * as killQuery from '../../../functions/kill-query.ts';
import * as killSessions from '../../../functions/kill-sessions.ts';
import * as listAudit from '../../../functions/list-audit.ts';
import * as listSessions from '../../../functions/list-sessions.ts';
import type { Services } from '../../../lib/services.ts';
import { anEvent, bodyOf } from '../../support/http-event.ts';

const useCase = vi.hoisted(() => vi.fn());
vi.mock('../../../lib/sessions/get-session.ts', () => ({ getSession: useCase }));
vi.mock('../../../lib/sessions/kill/kill.ts', () => ({ killSession: useCase, killSessions: useCase }));
vi.mock('../../../lib/sessions/list-sessions.ts', () => ({ listSessions: useCase }));
vi.mock('../../../lib/audit/list-audit.ts', () => ({ listAudit: useCase }));

const services = {} as Services;
const load = async () => services;
const principal = expect.objectContaining({ subject: 'ada' });
const correlationId = 'JKJaXmPLvHcESHA=';
const asked = (request: unknown) => expect(useCase).toHaveBeenCalledExactlyOnceWith(services, request);

beforeEach(() => useCase.mockReset());

describe('handlers', () => {
  it('get-session: answers the session, its tag as ETag', async () => {
    useCase.mockResolvedValue({ id: '42', tag: 't1' });
    const answer = await getSession.createHandler(load)(anEvent({ rawQueryString: 'full=true' }));
    asked({ principal, target: 'local', id: '42', full: true });
    expect(answer).toMatchObject({ statusCode: 200, headers: { etag: '"t1"' } });
  });

  it('kill-connection: passes tag and reason, and never escalates', async () => {
    useCase.mockResolvedValue({ outcome: 'terminated' });
    await killConnection.createHandler(load)(anEvent({ headers: { 'if-match': '"t1"' }, rawQueryString: 'reason=r' }));
    const what = { id: '42', kind: 'connection', tag: 't1', reason: 'r', escalateAfter: null };
    asked({ principal, target: 'local', correlationId, ...what });
  });

  it('kill-query: passes escalateAfter, and null for what was not sent; 202 while pending', async () => {
    useCase.mockResolvedValue({ outcome: 'pending', target: 'local', id: '42' });
    const answer = await killQuery.createHandler(load)(anEvent({ rawQueryString: 'escalateAfter=3' }));
    const what = { id: '42', kind: 'query', tag: null, reason: null, escalateAfter: 3 };
    asked({ principal, target: 'local', correlationId, ...what });
    expect(answer).toMatchObject({ statusCode: 202, headers: { 'retry-after': '2' } });
  });

  it('kill-sessions: passes every kill, 200 whatever became of each', async () => {
    useCase.mockResolvedValue({ target: 'local', results: [] });
    const sent = [
      { id: '1', kind: 'query' },
      { id: '1', kind: 'connection', tag: 't' },
    ];
    const answer = await killSessions.createHandler(load)(anEvent({ body: JSON.stringify({ kills: sent }) }));
    const kills = [
      { id: '1', kind: 'query', tag: null },
      { id: '1', kind: 'connection', tag: 't' },
    ];
    asked({ principal, target: 'local', kills, reason: null, correlationId });
    expect(answer.statusCode).toBe(200);
  });

  it('list-sessions and list-audit: pass the query', async () => {
    useCase.mockResolvedValue({ next: null });
    await listSessions.createHandler(load)(anEvent({ rawQueryString: 'user=a' }));
    asked({ principal, target: 'local', query: { user: 'a', sort: 'id', limit: 100, full: false } });
    useCase.mockClear();
    await listAudit.createHandler(load)(anEvent({ rawQueryString: 'principal=ada' }));
    asked({ principal, query: { principal: 'ada', limit: 100 } });
  });

  it('get-console: answers anybody, and nothing without its settings', async () => {
    const event = { rawPath: '/console/settings.json' };
    const answer = await getConsole.createHandler(async () => ({ signIn: 'token' }))(event);
    expect(bodyOf(answer)).toEqual({ signIn: 'token' });
    expect(bodyOf(await getConsole.createHandler()(event))).toMatchObject({ code: 'configuration-invalid' });
  });

  it('get-openapi: answers anybody', async () => {
    const answer = await getOpenApi.createHandler()({});
    expect(bodyOf(answer)).toMatchObject({ openapi: '3.1.0' });
  });
});

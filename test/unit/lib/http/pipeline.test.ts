import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError, ERRORS, type ErrorCode } from '../../../../lib/errors.ts';
import { type HttpAnswer, json } from '../../../../lib/http/answer.ts';
import { httpPipeline, publicPipeline } from '../../../../lib/http/pipeline.ts';
import { killConnectionRequest, killSessionsRequest } from '../../../../lib/http/requests.ts';
import type { Services } from '../../../../lib/services.ts';
import { anEvent, bodyOf } from '../../../support/http-event.ts';

const services = {} as Services;
const load = vi.fn(async () => services);
const handle = vi.fn(async () => json(200, { done: true }));
const handler = httpPipeline(load, killConnectionRequest, handle);
const logged: string[] = [];

beforeEach(() => {
  for (const method of ['info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((text) => void logged.push(String(text)));
  }
});
afterEach(() => {
  logged.length = 0;
  vi.clearAllMocks();
});

function expectProblem(answer: HttpAnswer, code: ErrorCode) {
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(bodyOf(answer)).toMatchObject({ code, status: ERRORS[code].status });
  expect(answer.statusCode).toBe(ERRORS[code].status);
}

describe('httpPipeline', () => {
  it('gives the handler all that it needs, and the answer its headers', async () => {
    const event = anEvent({ headers: { 'If-Match': '"t"' }, rawQueryString: 'reason=why' });
    await expect(handler(event)).resolves.toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-request-id': 'JKJaXmPLvHcESHA=' },
      body: '{"done":true}',
    });
    expect(handle).toHaveBeenCalledExactlyOnceWith({
      services,
      principal: expect.objectContaining({ source: 'jwt', subject: 'ada' }),
      requestId: 'JKJaXmPLvHcESHA=',
      path: { target: 'local', id: '42' },
      query: { reason: 'why' },
      tag: 't',
      key: null,
      remainingMs: expect.any(Function),
      body: null,
    });
    expect(logged).toEqual([]);
  });

  it.each([
    ['no identity', { requestContext: { requestId: 'r1' } }, 'unauthenticated'],
    ['a bad ID', { pathParameters: { target: 'local', id: '12abc' } }, 'request-invalid'],
    ['an unknown parameter', { rawQueryString: 'x=1' }, 'request-invalid'],
    ['two tags', { headers: { 'if-match': '"a", "b"' } }, 'tag-invalid'],
    ['a long header', { headers: { a: 'a'.repeat(9000) } }, 'body-too-large'],
  ] as const)('refuses %s before anything is loaded', async (_case, over, code) => {
    expectProblem(await handler(anEvent(over)), code);
    expect(load).not.toHaveBeenCalled();
    expect(handle).not.toHaveBeenCalled();
  });

  it('asks for identity before it judges the request, and judges size before both', async () => {
    expectProblem(await handler(anEvent({ requestContext: null, pathParameters: null })), 'unauthenticated');
    expectProblem(await handler(anEvent({ requestContext: null, body: 'a'.repeat(300_000) })), 'body-too-large');
  });

  it('answers configuration that does not load, then a handler that fails with a code', async () => {
    load.mockRejectedValueOnce(new AppError('configuration-invalid'));
    expectProblem(await handler(anEvent()), 'configuration-invalid');
    handle.mockRejectedValueOnce(new AppError('target-full', { retryAfter: 9 }));
    const answer = await handler(anEvent());
    expectProblem(answer, 'target-full');
    expect(answer.headers['retry-after']).toBe('9');
  });

  it('makes a bare 500 of what it does not know, logs it once, and lets no literal out', async () => {
    const secret = Object.assign(new Error("SELECT 'hunter2'\n    at hunter2 (/a.js:1:1)"), { code: 'ER_X' });
    handle.mockRejectedValueOnce(secret);
    const answer = await handler(anEvent());
    expectProblem(answer, 'internal');
    expect(bodyOf(answer)).not.toHaveProperty('detail');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('JKJaXmPLvHcESHA=');
    expect(logged[0]).toContain('ER_X');
    expect(logged[0]).toContain('pipeline.test.ts');
    expect(answer.body + logged.join()).not.toContain('hunter2');
  });

  it('refuses to send what Lambda would drop', async () => {
    handle.mockResolvedValueOnce(json(200, { done: true, text: '"'.repeat(2_200_000) }));
    expectProblem(await handler(anEvent()), 'answer-too-large');
  });

  it('answers just before Lambda ends it', async () => {
    handle.mockReturnValueOnce(new Promise<HttpAnswer>(() => {}));
    const context = { getRemainingTimeInMillis: () => 520 } as Context;
    expectProblem(await handler(anEvent(), context), 'target-timeout');
  });

  it.each([undefined, 42, '', 'a b', 'x*/', 'ü', 'x'.repeat(129)])(
    'makes its own request ID in place of %j',
    async (requestId) => {
      const { headers, body } = await publicPipeline(async () => json(200, {}))(
        anEvent({ requestContext: { requestId } }),
      );
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(body).toBe('{}');
    },
  );
});

describe('any event', () => {
  const odd = fc.oneof(fc.anything(), fc.constant(null), fc.string(), fc.dictionary(fc.string(), fc.string()));
  const event = fc.record(
    {
      rawPath: odd,
      rawQueryString: fc.oneof(odd, fc.constant('reason=x')),
      queryStringParameters: odd,
      headers: fc.oneof(odd, fc.constant({ 'Content-Type': 'application/json' })),
      pathParameters: fc.oneof(odd, fc.constant({ target: 'a', id: '1' })),
      body: fc.oneof(odd, fc.json(), fc.base64String()),
      isBase64Encoded: fc.oneof(odd, fc.boolean()),
      requestContext: fc.oneof(odd, fc.constant({ authorizer: { jwt: { claims: { sub: 'ada' } } } })),
    },
    { requiredKeys: [] },
  );

  it.each([
    ['a DELETE', handler],
    ['a POST', httpPipeline(load, killSessionsRequest, handle)],
  ])('to %s gets a well-formed answer, and never 500', async (_name, anyHandler) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(event, odd), async (anything) => {
        const answer = await anyHandler(anything);
        const body = bodyOf(answer);
        expect(answer.headers['x-request-id']).toBeTruthy();
        if (answer.statusCode === 200) return;
        expect(Object.keys(ERRORS)).toContain(body['code']);
        expect(answer.statusCode).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
  });
});

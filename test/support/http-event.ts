import type { HttpAnswer } from '../../lib/http/answer.ts';

/** An event of API Gateway's HTTP API as a JWT caller's request makes it; state only what the test is about. */
export const anEvent = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  version: '2.0',
  rawPath: '/targets/local/sessions/42',
  rawQueryString: '',
  headers: { 'content-type': 'application/json' },
  pathParameters: { target: 'local', id: '42' },
  requestContext: { requestId: 'JKJaXmPLvHcESHA=', authorizer: { jwt: { claims: { sub: 'ada' } } } },
  isBase64Encoded: false,
  ...over,
});

/** The parsed body of an answer. */
export const bodyOf = (answer: HttpAnswer): Record<string, unknown> => JSON.parse(answer.body);

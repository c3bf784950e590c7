import { describe, expect, it } from 'vitest';
import { claimsFrom, type EventSource, toHttpEvent } from '../../../../local/gateway/http-event.ts';

const from = (over: Partial<EventSource>) =>
  toHttpEvent({
    requestId: 'r-1',
    method: 'GET',
    url: '/targets',
    headers: { host: '127.0.0.1:8787' },
    body: Buffer.alloc(0),
    sourceIp: '127.0.0.1',
    routeKey: 'GET /targets',
    pathParameters: {},
    claims: { sub: 'ada', groups: '[dev]' },
    now: new Date(0),
    ...over,
  });

describe('toHttpEvent', () => {
  it('leaves out what a request does not have', () => {
    const event = from({});
    expect(event).toMatchObject({ version: '2.0', rawPath: '/targets', rawQueryString: '', isBase64Encoded: false });
    for (const absent of ['body', 'cookies', 'queryStringParameters', 'pathParameters']) {
      expect(event).not.toHaveProperty(absent);
    }
  });

  it('keeps the raw query and joins a name that comes twice', () => {
    const event = from({ url: '/targets?user=a%2Cb&user=c&text=x+y&flag' });
    expect(event.rawQueryString).toBe('user=a%2Cb&user=c&text=x+y&flag');
    expect(event.queryStringParameters).toEqual({ user: 'a,b,c', text: 'x y', flag: '' });
  });

  it('decodes path and parameters once', () => {
    const event = from({ url: '/targets/a%252Fb', pathParameters: { target: 'a%252Fb' } });
    expect(event.rawPath).toBe('/targets/a%2Fb');
    expect(event.pathParameters).toEqual({ target: 'a%2Fb' });
  });

  it('refuses a path that is not valid percent-encoding', () => {
    expect(() => from({ url: '/targets/%zz' })).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });

  it('moves cookies out of the headers, and lets no handler see the played caller', () => {
    const event = from({
      headers: { cookie: 'a=1; b=2', 'x-local-claims': '{}', accept: 'x', 'set-cookie': ['p', 'q'] },
    });
    expect(event.cookies).toEqual(['a=1', 'b=2']);
    expect(event.headers).toEqual({ accept: 'x', 'set-cookie': 'p,q' });
  });

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['application/problem+json', false],
    ['text/plain', false],
    ['application/octet-stream', true],
    ['application/jsonp', true],
    [undefined, true],
  ])('sends a body of %s in Base64: %s', (type, isBase64Encoded) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    const body = isBase64Encoded ? 'e30=' : '{}';
    expect(from({ headers, body: Buffer.from('{}') })).toMatchObject({ isBase64Encoded, body });
  });

  it('tells who calls, from where and how', () => {
    const { requestContext } = from({ headers: { 'user-agent': 'curl/8' } });
    expect(requestContext).toMatchObject({
      requestId: 'r-1',
      http: { method: 'GET', path: '/targets', sourceIp: '127.0.0.1', userAgent: 'curl/8' },
      authorizer: { jwt: { claims: { sub: 'ada', groups: '[dev]' } } },
    });
  });
});

/** As Node hands on a header: every byte a character. */
const sent = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('claimsFrom', () => {
  it('takes a caller who plays no one for an operator', () => {
    expect(claimsFrom(undefined)).toEqual({ sub: 'local-operator', groups: '[operator]' });
  });

  it('writes claims as API Gateway does', () => {
    const header = sent(
      '{"sub":"ada ü","groups":["dev","dba"],"email":"ada@example.com","age":3,"email_verified":true}',
    );
    expect(claimsFrom(header)).toEqual({
      sub: 'ada ü',
      groups: '[dev dba]',
      email: 'ada@example.com',
      age: '3',
      email_verified: 'true',
    });
  });

  it.each([
    '',
    'ada',
    '[]',
    'null',
    '{}',
    '{"sub":""}',
    '{"sub":1}',
    '{"sub":"ada","groups":"dba"}',
    '{"sub":"ada","groups":["a b"]}',
    '{"sub":"ada","groups":["a]"]}',
    '{"sub":"ada","groups":[""]}',
    '{"sub":"ada","nested":{"a":1}}',
    '{"sub":"ada"},{"sub":"eve"}',
    '\xff',
  ])('refuses %j', (header) => {
    expect(() => claimsFrom(header)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });
});

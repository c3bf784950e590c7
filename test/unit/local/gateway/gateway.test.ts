import { once } from 'node:events';
import { request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../../../../lib/http/answer.ts';
import { createGateway, type GatewayRoute } from '../../../../local/gateway/gateway.ts';
import { consoleRoutes } from '../../../../local/gateway/load-routes.ts';
import { tokenFrom } from '../../../../local/gateway/token.ts';

const echo: GatewayRoute['handler'] = async (event, context) =>
  json(200, { event, remaining: context.getRemainingTimeInMillis(), name: context.functionName });
const routes: readonly GatewayRoute[] = [
  { method: 'GET', path: '/things/{id}', name: 'get-thing', handler: echo },
  { method: 'POST', path: '/things', name: 'make-thing', handler: echo },
  { method: 'POST', path: '/signed', name: 'signed', handler: echo, isOpen: true },
  { method: 'GET', path: '/broken', name: 'broken', handler: () => Promise.reject(new Error('secret')) },
];

let server: Server;
let port: number;
beforeAll(async () => {
  server = createGateway(routes).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

async function send(
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  body = '',
  at = port,
) {
  const call = request({ host: '127.0.0.1', port: at, method, path, headers });
  call.end(body);
  const [response] = await once(call, 'response');
  return { status: response.statusCode, headers: response.headers, body: JSON.parse((await text(response)) || 'null') };
}

async function sendRaw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  return text(socket);
}

describe('the gateway', () => {
  it('calls the function of the route with an event and a context', async () => {
    const { status, body } = await send('GET', '/things/7?a=1', { 'x-request-id': 'mine' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'get-thing',
      event: {
        routeKey: 'GET /things/{id}',
        pathParameters: { id: '7' },
        requestContext: { authorizer: { jwt: { claims: { sub: 'local-operator', groups: '[operator]' } } } },
      },
    });
    expect(body.remaining).toBeGreaterThan(20_000);
  });

  it('plays another caller, whom the handler cannot tell from a real one', async () => {
    const { body } = await send('GET', '/things/7', { 'X-Local-Claims': '{"sub":"ada","groups":["dev"]}' });
    expect(body.event.requestContext.authorizer.jwt.claims).toEqual({ sub: 'ada', groups: '[dev]' });
    expect(body.event.headers).not.toHaveProperty('x-local-claims');
  });

  it.each(['ada', '{"sub":""}'])('takes claims of %j for no one', async (claims) => {
    const { status, body } = await send('GET', '/things/7', { 'x-local-claims': claims });
    expect([status, body.code]).toEqual([400, 'request-invalid']);
  });

  it('takes claims that come twice for no one', async () => {
    const { status } = await send('GET', '/things/7', { 'x-local-claims': ['{"sub":"ada"}', '{"sub":"eve"}'] });
    expect(status).toBe(400);
  });

  it('answers 404 where there is nothing', async () => {
    const { status, body } = await send('GET', '/nothing');
    expect([status, body.code]).toEqual([404, 'route-not-found']);
  });

  it.each(['PUT', 'GET', 'OPTIONS'])('answers %s with 405 and the methods that there are', async (method) => {
    const { status, body, headers } = await send(method, '/things');
    expect([status, body.code, headers['allow']]).toEqual([405, 'method-not-allowed', 'POST']);
  });

  it('says nothing of an unforeseen error', async () => {
    const { status, body } = await send('GET', '/broken');
    expect([status, body.code]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it.each([
    ['another name for this address', { host: 'evil.example:PORT' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['no port', { host: '127.0.0.1' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page of another local server', { origin: 'http://127.0.0.1:3000' }],
    ['a page without an origin', { origin: 'null' }],
    ['an image of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('refuses %s', async (_what, headers) => {
    const sent = Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(port))]);
    const { status, body } = await send('GET', '/things/7', Object.fromEntries(sent));
    expect([status, body.code]).toEqual([403, 'local-only']);
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('lets %s in, and its own pages', async (name) => {
    const host = `${name}:${port}`;
    const { status } = await send('GET', '/things/7', { host, origin: `http://${host.toLowerCase()}` });
    expect(status).toBe(200);
  });

  it('asks for its token, where it has one, before it says what there is', async () => {
    const token = tokenFrom(undefined);
    const asking = createGateway(routes, token).listen(0, '127.0.0.1');
    await once(asking, 'listening');
    const at = (asking.address() as AddressInfo).port;
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      token,
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      'Basic YTpi',
    ])
      for (const [method, path] of [
        ['GET', '/things/7'],
        ['POST', '/things'],
        ['PUT', '/things'],
        ['GET', '/nothing'],
      ] as const) {
        const { status, body, headers } = await send(method, path, { authorization }, '', at);
        expect([status, body.code, headers['www-authenticate']]).toEqual([401, 'token-needed', 'Bearer']);
      }
    expect((await send('GET', '/things/7', {}, '', at)).status).toBe(401);
    expect((await send('GET', '/things/7', { 'x-local-claims': '{"sub":"ada"}' }, '', at)).status).toBe(401);
    for (const scheme of ['Bearer', 'bearer'])
      expect((await send('GET', '/things/7', { authorization: `${scheme} ${token}` }, '', at)).status).toBe(200);
    // A chat's function verifies a signature of its own.
    expect((await send('POST', '/signed', {}, '', at)).status).toBe(200);
    asking.close();
  });

  it('serves the console to every caller that may come in, without a token', async () => {
    const token = tokenFrom(undefined);
    const far = createGateway([...routes, ...(await consoleRoutes())], token, 'network').listen(0, '127.0.0.1');
    await once(far, 'listening');
    const { port: at } = far.address() as AddressInfo;
    const get = async (path: string, headers: Record<string, string>) => {
      const call = request({ host: '127.0.0.1', port: at, path, headers }).end();
      const [{ statusCode, headers: answered }] = await once(call, 'response');
      return { statusCode, policy: answered['content-security-policy'] };
    };
    const host = 'warden.example.com';
    expect(await get('/console/', { host })).toEqual({
      statusCode: 200,
      policy: expect.stringMatching(/^default-src 'none'(?!.*unsafe)/),
    });
    expect(await get('/console/', { host, 'sec-fetch-site': 'cross-site' })).toMatchObject({ statusCode: 403 });
    expect(await get('/console/other.js', { host })).toMatchObject({ statusCode: 404 });
    expect(await get('/console/settings.json', { host })).toMatchObject({ statusCode: 200 });
    far.close();
  });

  it('is asked by another name and from elsewhere only where it has a token and is told so', async () => {
    const token = tokenFrom(undefined);
    const near = createGateway(routes, token).listen(0, '127.0.0.1');
    const far = createGateway(routes, token, 'network').listen(0, '127.0.0.1');
    const open = createGateway(routes, undefined, 'network').listen(0, '127.0.0.1');
    const at = async (gateway: Server) => {
      if (!gateway.listening) await once(gateway, 'listening');
      return (gateway.address() as AddressInfo).port;
    };
    const headers = { host: 'warden.example.com', authorization: `Bearer ${token}` };
    expect((await send('GET', '/things/7', headers, '', await at(far))).status).toBe(200);
    expect((await send('GET', '/things/7', { host: headers.host }, '', await at(far))).status).toBe(401);
    const framed = { ...headers, 'sec-fetch-site': 'cross-site' };
    expect((await send('GET', '/things/7', framed, '', await at(far))).status).toBe(403);
    for (const gateway of [near, open])
      expect((await send('GET', '/things/7', headers, '', await at(gateway))).status).toBe(403);
    for (const gateway of [near, far, open]) gateway.close();
  });

  it.each(['short', 'x'.repeat(501), 'twenty letters, spaces', 'ümlaut-and-twenty-letters'])(
    'takes no token such as %j',
    (given) => {
      expect(() => tokenFrom(given)).toThrow('WARDEN_TOKEN');
    },
  );

  it('refuses a body above 10 MB, announced or not', async () => {
    const body = 'x'.repeat(10 * 1024 * 1024 + 1);
    const announced = await send('POST', '/things', { 'content-length': String(body.length) }, body);
    const chunked = await send('POST', '/things', { 'transfer-encoding': 'chunked' }, body);
    expect([announced.status, announced.body.code]).toEqual([413, 'body-too-large']);
    expect([chunked.status, chunked.body.code]).toEqual([413, 'body-too-large']);
  });

  it('refuses headers that are too long, and what is no HTTP', async () => {
    const long = await sendRaw(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1.1 413 .*"code":"body-too-large"/s);
    expect(await sendRaw('hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"request-invalid"/s);
  });
});

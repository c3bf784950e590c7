import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { jwtVerify } from 'jose';
import { ROUTES } from '../../../functions/routes.ts';
import type { Services } from '../../../lib/services.ts';
import { lambdaContext, matchRoute, readBody } from '../../../local/gateway/gateway.ts';
import { splitUrl, toHttpEvent } from '../../../local/gateway/http-event.ts';
import { loadRoute } from '../../../local/gateway/load-routes.ts';

/** Where a deployment of the tests seems to be, and whom it lets in. */
export const DEPLOYMENT = {
  host: 'abc123.execute-api.eu-central-1.amazonaws.com',
  issuer: 'https://id.example.com',
  audience: 'warden',
  key: new TextEncoder().encode('a key of the issuer, which only it and the gateway know'),
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG', sessionToken: 'a/session=' },
  userArn: 'arn:aws:sts::123456789012:assumed-role/Dba/ada',
} as const;

type Authorizer = Readonly<Record<string, unknown>>;

/** Verifies a token as an authorizer of API Gateway does: key, issuer, audience and time. */
async function byToken(token: string): Promise<Authorizer> {
  const { issuer, audience, key } = DEPLOYMENT;
  const { payload } = await jwtVerify(token, key, { issuer, audience });
  const claims = Object.entries(payload).map(([name, value]) => [
    name,
    Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
  ]);
  return { jwt: { claims: Object.fromEntries(claims), scopes: null } };
}

/** Signs what came anew with AWS's own signer, and compares. */
async function bySignature(request: IncomingMessage, body: Buffer): Promise<Authorizer> {
  const given = request.headers.authorization ?? '';
  const [, names = ''] = /SignedHeaders=([\w;-]+)/.exec(given) ?? [];
  const date = String(request.headers['x-amz-date']);
  const headers = Object.fromEntries(
    names.split(';').map((name) => [name, name === 'host' ? DEPLOYMENT.host : String(request.headers[name])]),
  );
  const { path, query } = splitUrl(request.url ?? '/');
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'eu-central-1',
    credentials: DEPLOYMENT.credentials,
    sha256: Sha256,
  });
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const signed = await signer.sign(
    {
      method: request.method ?? 'GET',
      protocol: 'https:',
      hostname: DEPLOYMENT.host,
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers,
      ...(body.length > 0 && { body: body.toString() }),
    },
    { signingDate: new Date(iso) },
  );
  if (signed.headers['authorization'] !== given) throw new Error('another signature');
  return { iam: { userArn: DEPLOYMENT.userArn, accountId: '123456789012' } };
}

/**
 * The handlers of a deployment behind what API Gateway does before them: whoever is not verified gets its 403 or 401. `fetch`
 * reaches it under the name of an API in AWS.
 */
export async function aDeployment(services: Services) {
  const server = createServer((request, response) => {
    void answer(request).then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  const answer = async (request: IncomingMessage) => {
    const body = await readBody(request);
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    let authorizer: Authorizer;
    try {
      authorizer = await (bearer === undefined ? bySignature(request, body) : byToken(bearer));
    } catch {
      const headers = { 'content-type': 'application/json' };
      return { status: bearer === undefined ? 403 : 401, headers, body: '{"message":"Unauthorized"}' };
    }
    const [method, url, requestId] = [request.method ?? 'GET', request.url ?? '/', randomUUID()];
    const match = matchRoute(ROUTES, method, splitUrl(url).path);
    if (!('route' in match)) return { status: 404, headers: {}, body: '{"message":"Not Found"}' };
    const { handler } = await loadRoute(match.route, async () => services);
    const event = toHttpEvent({
      ...{ requestId, method, url, headers: request.headers, body, sourceIp: '198.51.100.7', claims: {} },
      routeKey: `${match.route.method} ${match.route.path}`,
      pathParameters: match.parameters,
      now: new Date(),
    });
    const context = { ...event.requestContext, authorizer };
    const { statusCode, ...rest } = await handler(
      { ...event, requestContext: context },
      lambdaContext(match.route.name, requestId),
    );
    return { status: statusCode, ...rest };
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const real = globalThis.fetch;
  const routed: typeof globalThis.fetch = (to, init) => {
    const url = new URL(String(to));
    if (url.host !== DEPLOYMENT.host) return real(to, init);
    return real(`http://127.0.0.1:${port}${url.pathname}${url.search}`, init);
  };
  return {
    fetch: routed,
    url: `https://${DEPLOYMENT.host}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

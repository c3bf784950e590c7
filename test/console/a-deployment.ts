import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { CONSOLE_ROUTES } from '../../functions/routes.ts';
import { bundleFunction } from '../../infra/bundling.ts';
import { BUNDLE_FILE } from '../../infra/function-code.ts';
import type { HttpAnswer } from '../../lib/http/answer.ts';
import type { IssuerSignIn } from '../../lib/http/console.ts';
import type { Services } from '../../lib/services.ts';
import { type GatewayRoute, lambdaContext, matchRoute, readBody } from '../../local/gateway/gateway.ts';
import { splitUrl, toGatewayClaims, toHttpEvent } from '../../local/gateway/http-event.ts';
import { loadRoutes } from '../../local/gateway/load-routes.ts';
import { AUDIENCE, listening } from './an-issuer.ts';

let deployments = 0;

/** What Lambda calls for the console: the bundle itself, as new as in a new environment. */
async function bundledConsole(folder: string, signIn: object): Promise<readonly GatewayRoute[]> {
  await bundleFunction(folder, 'get-console');
  deployments += 1;
  const { handler } = await import(`${pathToFileURL(join(folder, 'get-console', BUNDLE_FILE))}?${deployments}`);
  const call: GatewayRoute['handler'] = (event, context) => {
    process.env['CONSOLE_SIGN_IN'] = JSON.stringify(signIn);
    return handler(event, context);
  };
  return CONSOLE_ROUTES.map((route) => ({ ...route, handler: call, isOpen: true }));
}

/** What came to the API, and with which token. */
export interface Came {
  readonly path: string;
  readonly token: string;
}

/**
 * A deployment as a browser sees it: the routes of its API behind what API Gateway's JWT authorizer does, and its console
 * without that.
 */
export async function aDeployment(services: Services, folder: string) {
  const came: Came[] = [];
  /** By which it tells whether a token has ended. */
  const clock = { aheadMs: 0 };
  const routes: GatewayRoute[] = [...(await loadRoutes(async () => services))];
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  let issuer = '';
  const claimsOf = async (token: string) => {
    if (keys === undefined) return undefined;
    const currentDate = new Date(Date.now() + clock.aheadMs);
    const asked = { issuer, audience: AUDIENCE, currentDate };
    const verified = await jwtVerify(token, keys, asked).catch(() => undefined);
    return verified?.payload;
  };
  const { address, close } = await listening(async (request, response) => {
    const { url = '/', method = 'GET', headers } = request;
    const { path } = splitUrl(url);
    const match = matchRoute(routes, method, path);
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    const send = ({ statusCode, headers: own, body, isBase64Encoded }: HttpAnswer) =>
      response.writeHead(statusCode, own).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
    const says = (statusCode: number, message: string) =>
      send({ statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) });
    if (!('route' in match)) return says(404, 'Not Found');
    const { route, parameters: pathParameters } = match;
    if (!route.isOpen) came.push({ path, token });
    const claims = route.isOpen ? {} : await claimsOf(token);
    if (claims === undefined) return says(401, 'Unauthorized');
    const requestId = randomUUID();
    const about = { requestId, method, url, headers, sourceIp: '127.0.0.1', now: new Date() };
    const routeKey = `${route.method} ${route.path}`;
    const body = await readBody(request);
    const event = toHttpEvent({ ...about, body, routeKey, pathParameters, claims: toGatewayClaims(claims) });
    return send(await route.handler(event, lambdaContext(route.name, requestId)));
  });
  return {
    address,
    came,
    clock,
    close,
    /** Has people sign in there. */
    signInAt: async (signIn: Partial<IssuerSignIn> & Pick<IssuerSignIn, 'issuer'>) => {
      issuer = signIn.issuer;
      keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
      routes.push(...(await bundledConsole(folder, signIn)));
    },
  };
}

import { randomUUID } from 'node:crypto';
import { ROUTES } from '../../../functions/routes.ts';
import { AppError } from '../../../lib/errors.ts';
import { type HttpAnswer, problemAnswer } from '../../../lib/http/answer.ts';
import { type Principal, principalFromAuthorizer } from '../../../lib/privileges/principal.ts';
import type { Services } from '../../../lib/services.ts';
import { LOCAL_TARGET } from '../../../lib/targets/database-url.ts';
import { lambdaContext, matchRoute } from '../../gateway/gateway.ts';
import { claimsFrom, splitUrl, toHttpEvent } from '../../gateway/http-event.ts';
import { loadRoute } from '../../gateway/load-routes.ts';
import { auditFile, createLocalServices, readConfig } from '../../services.ts';
import { type Api, createApi } from './api.ts';

/** Requests have an address; these go nowhere. */
const BASE = 'http://in-process.invalid';

/**
 * The handlers of the HTTP API in this process: each is called with the event that a gateway would make of the request.
 *
 * @param caller - claims as the header of the local gateway writes them, and what every request bears
 */
export function inProcess(
  services: Services,
  { who, ...common }: { readonly who: string; readonly headers: Readonly<Record<string, string>> },
  targets: readonly string[],
  close: () => void,
): Api {
  const answer = async (request: Request): Promise<HttpAnswer> => {
    const requestId = randomUUID();
    const { method } = request;
    const url = request.url.slice(BASE.length);
    const { path } = splitUrl(url);
    const match = matchRoute(ROUTES, method, path);
    if (!('route' in match)) {
      const code = match.allow.length === 0 ? 'route-not-found' : 'method-not-allowed';
      return problemAnswer(new AppError(code), { requestId, path });
    }
    const { route, parameters: pathParameters } = match;
    const { handler } = await loadRoute(route, async () => services);
    const event = toHttpEvent({
      requestId,
      method,
      url,
      headers: { ...common.headers, ...Object.fromEntries(request.headers) },
      body: Buffer.from(await request.arrayBuffer()),
      sourceIp: '',
      routeKey: `${route.method} ${route.path}`,
      pathParameters,
      claims: claimsFrom(who),
      now: new Date(),
    });
    return handler(event, lambdaContext(route.name, requestId));
  };
  return createApi({
    target: targets.length === 1 ? targets[0] : targets.find((name) => name === LOCAL_TARGET),
    base: BASE,
    fetch: async (request) => {
      const { statusCode: status, headers, body } = await answer(request);
      return new Response(body, { status, headers });
    },
    close,
  });
}

/** The person of these claims, as the handlers will take them. @throws AppError `unauthenticated` */
export function personOf(who: string): Principal {
  const person = principalFromAuthorizer({ jwt: { claims: claimsFrom(who) } });
  if (person === undefined) throw new AppError('unauthenticated');
  return person;
}

/** The services of `DATABASE_URL` and `TARGETS`, on this machine's record. @throws AppError `configuration-invalid`, `audit-unavailable` */
export function servicesHere(env: Readonly<NodeJS.ProcessEnv>, targets: ReadonlyMap<string, string>) {
  // What fails is this command's to say: a log line would stand in the middle of its output.
  process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';
  return createLocalServices(readConfig(env), targets, auditFile(env));
}

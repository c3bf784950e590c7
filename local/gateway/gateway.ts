import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { finished as finish } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { AppError } from '../../lib/errors.ts';
import { finished, type HttpAnswer, json, problemAnswer, problemType } from '../../lib/http/answer.ts';
import { logFailure } from '../../lib/telemetry/log.ts';
import { CLAIMS_HEADER, claimsFrom, splitUrl, toHttpEvent } from './http-event.ts';
import { bears } from './token.ts';

/** API Gateway takes 10,240 bytes of request line and headers. */
const MAX_HEADER_BYTES = 10_240;
const DRAIN_MS = 2_000;

/** A route with the very function that Lambda would call. */
export interface GatewayRoute extends RouteKey {
  readonly name: string;
  readonly handler: (event: unknown, context: Context) => Promise<HttpAnswer>;
  /** The gateway asks for no token: its function asks itself who sends, by a signature, or has nothing to hide. */
  readonly isOpen?: true;
}

/**
 * From where a gateway is asked: by programs of this machine, who call it by one of its own names; or, where whoever is
 * vouched for bears a token, from wherever its address can be reached, behind a proxy too.
 */
export type Reach = 'this-machine' | 'network';

/**
 * An HTTP server that does for functions on one machine what API Gateway does for them in AWS: routes, makes events, and
 * vouches for the caller. It is not listening yet; without a token and `network`, listen on 127.0.0.1 only.
 *
 * @param token - whom it vouches for must bear it; without one, every user of this machine is the operator
 */
export function createGateway(routes: readonly GatewayRoute[], token?: string, reach: Reach = 'this-machine'): Server {
  const isNear = token === undefined || reach === 'this-machine';
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 30_000 }, (request, response) => {
    void answerTo(routes, token, isNear, request)
      .then((answer) => send(request, response, answer))
      .catch(() => response.destroy());
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy();
    const isTooLong = error.code === 'HPE_HEADER_OVERFLOW';
    const failure = isTooLong
      ? new AppError('body-too-large', { detail: `headers: at most ${MAX_HEADER_BYTES} bytes together.` })
      : new AppError('request-invalid', { detail: 'request: not valid HTTP.' });
    const { statusCode, headers, body } = problemAnswer(failure, { requestId: randomUUID(), path: '/' });
    const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return socket.end(
      `HTTP/1.1 ${statusCode} ${isTooLong ? 'Content Too Large' : 'Bad Request'}\r\n${head}\r\n${body}`,
    );
  });
  return server;
}

async function answerTo(
  routes: readonly GatewayRoute[],
  token: string | undefined,
  isNear: boolean,
  request: IncomingMessage,
): Promise<HttpAnswer> {
  const requestId = randomUUID();
  const url = request.url ?? '/';
  const { path } = splitUrl(url);
  try {
    const peer = request.socket.remoteAddress ?? '';
    const refusal = isNear ? refusalOf(request, request.socket.localPort ?? 0, peer) : siteRefusal(request);
    if (refusal) return refused(refusal, requestId);
    const method = request.method ?? 'GET';
    const match = matchRoute(routes, method, path);
    const isOpen = 'route' in match && match.route.isOpen === true;
    if (token !== undefined && !isOpen && !bears(request.headers.authorization, token)) return tokenNeeded(requestId);
    if (!('route' in match)) return nothingThere(match.allow, { requestId, path });
    const { route, parameters: pathParameters } = match;
    const claims = claimsFrom(request.headersDistinct[CLAIMS_HEADER]?.join());
    const body = await readBody(request);
    const routeKey = `${route.method} ${route.path}`;
    const source = { requestId, method, url, headers: request.headers, sourceIp: peer, now: new Date() };
    const event = toHttpEvent({ ...source, body, routeKey, pathParameters, claims });
    return await route.handler(event, lambdaContext(route.name, requestId));
  } catch (error) {
    // A caller who hung up needs no answer, and is no failure of ours.
    if (!(error instanceof AppError || request.readableAborted)) await logFailure(error, requestId);
    return problemAnswer(error, { requestId, path });
  }
}

function nothingThere(allow: readonly string[], at: { requestId: string; path: string }): HttpAnswer {
  if (allow.length === 0) return problemAnswer(new AppError('route-not-found'), at);
  const answer = problemAnswer(new AppError('method-not-allowed'), at);
  return { ...answer, headers: { ...answer.headers, allow: allow.join(', ') } };
}

const refused = (why: string, requestId: string): HttpAnswer =>
  ofTheDoor(403, requestId, {
    title: 'This door is for programs on this machine.',
    detail: `The request was refused: ${why}.`,
    code: 'local-only',
    hint: 'Call the address that npm start prints, from this machine and not from a web page of another site.',
  });

const tokenNeeded = (requestId: string): HttpAnswer =>
  ofTheDoor(401, requestId, {
    title: 'This gateway asks for the token of the user who started it.',
    detail: 'No such token came with the request.',
    code: 'token-needed',
    hint: 'Send the header of the file that npm start or warden serve names (curl -H @FILE), or call with npx warden call.',
  });

/** A problem of this door alone: behind API Gateway there is no such thing, so the catalogue does not have it. */
function ofTheDoor(
  status: 401 | 403,
  requestId: string,
  said: Readonly<Record<'title' | 'detail' | 'code' | 'hint', string>>,
): HttpAnswer {
  const problem = { type: problemType(said.code), status, ...said, requestId };
  const asks = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  return finished(json(status, problem, { 'content-type': 'application/problem+json', ...asks }), requestId);
}

async function send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const body = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8');
  // What was not read of the body would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' };
  response.writeHead(answer.statusCode, { ...answer.headers, ...close, 'content-length': body.length });
  response.write(request.method === 'HEAD' ? '' : body);
  // Closing on a caller who still sends would make the network drop the answer.
  if (!request.complete) await Promise.race([finish(request.resume()).catch(() => {}), sleep(DRAIN_MS)]);
  response.end();
}

/** What API Gateway takes at most. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Reads a request's body whole. @throws AppError `body-too-large` as soon as it is known to be so. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

const tooLarge = () => new AppError('body-too-large', { detail: `body: at most ${MAX_BODY_BYTES} bytes.` });

/** What a request may be routed to: a method and a path as API Gateway writes it, `/targets/{target}`. */
export interface RouteKey {
  readonly method: string;
  readonly path: string;
}

/** A route that matches, with the path's parameters still encoded; or the methods that this path does take. */
export type RouteMatch<R extends RouteKey> =
  | { readonly route: R; readonly parameters: Readonly<Record<string, string>> }
  | { readonly allow: readonly string[] };

/**
 * Finds the route as API Gateway does: a literal segment wins over a `{parameter}`, which is one segment and not empty, and
 * that over a `{rest+}`, which is all that follows.
 */
export function matchRoute<R extends RouteKey>(routes: readonly R[], method: string, path: string): RouteMatch<R> {
  const segments = path.split('/');
  const matching = routes
    .flatMap((route) => {
      const parameters = parametersOf(route.path.split('/'), segments);
      return parameters ? [{ route, parameters }] : [];
    })
    .sort((one, other) => rank(one.route.path).localeCompare(rank(other.route.path)));
  const found = matching.find(({ route }) => route.method === method);
  return found ?? { allow: [...new Set(matching.map(({ route }) => route.method))].sort() };
}

function parametersOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const rest = /^\{(\w+)\+\}$/.exec(pattern.at(-1) ?? '')?.[1];
  if (rest !== undefined) {
    const at = pattern.length - 1;
    const before =
      segments.length < pattern.length ? undefined : parametersOf(pattern.slice(0, at), segments.slice(0, at));
    return before && { ...before, [rest]: segments.slice(at).join('/') };
  }
  if (pattern.length !== segments.length) return undefined;
  const entries: [string, string][] = [];
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== segment : segment === '') return undefined;
    if (name !== undefined) entries.push([name, segment]);
  }
  return Object.fromEntries(entries);
}

/** Sorts literal segments before parameters, from the left. */
const rank = (path: string): string =>
  path
    .split('/')
    .map((part) => (part.endsWith('+}') ? '2' : part.startsWith('{') ? '1' : '0'))
    .join('');

/**
 * Why a request must not come in, or `undefined`. Whoever reaches this port is an operator, so a web page must not: its
 * requests bear its own `Origin`, or the name under which it had this address resolved (DNS rebinding) as `Host`.
 */
export function refusalOf(request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>, port: number, peer: string) {
  if (!isLoopback(peer)) return 'it comes from another machine';
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  if (port === 80) hosts.push('127.0.0.1', 'localhost', '[::1]');
  const [host, ...moreHosts] = request.headersDistinct['host'] ?? [];
  if (host === undefined || moreHosts.length > 0 || !hosts.includes(host.toLowerCase())) {
    return `its Host is not ${hosts[0]} or ${hosts[1]}`;
  }
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return 'its Origin is another site';
  return siteRefusal(request);
}

/** Whether a browser says that a page of another site sent it. */
function siteRefusal({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none' ? 'another site sent it' : undefined;
}

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';

/** How long a function may take here; API Gateway waits 30 s at most. */
export const LIMIT_MS = 29_000;

/** The context that Lambda gives a call of the function `name`, which begins now. */
export function lambdaContext(name: string, requestId: string): Context {
  const end = performance.now() + LIMIT_MS;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    memoryLimitInMB: '256',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, end - performance.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

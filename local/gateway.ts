import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { finished as finish } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { AppError } from '../lib/errors.ts';
import { finished, type HttpAnswer, json } from '../lib/http/answer.ts';
import { problemAnswer } from '../lib/http/problem.ts';
import { logFailure } from '../lib/telemetry/log-failure.ts';
import { refusalOf } from './door.ts';
import { splitUrl, toHttpEvent } from './http-event.ts';
import { lambdaContext } from './lambda-context.ts';
import { CLAIMS_HEADER, claimsFrom } from './local-claims.ts';
import { matchRoute, type RouteKey } from './match-route.ts';
import { readBody } from './read-body.ts';
import { bears } from './token.ts';

/** API Gateway takes 10,240 bytes of request line and headers. */
const MAX_HEADER_BYTES = 10_240;
const DRAIN_MS = 2_000;

/** A route with the very function that Lambda would call. */
export interface GatewayRoute extends RouteKey {
  readonly name: string;
  readonly handler: (event: unknown, context: Context) => Promise<HttpAnswer>;
  /** Its function asks itself who sends, by a signature. */
  readonly isSigned?: true;
}

/**
 * An HTTP server that does for functions on one machine what API Gateway does for them in AWS: routes, makes events, and
 * vouches for the caller. It is not listening yet; listen on 127.0.0.1 only.
 *
 * @param token - whom it vouches for must bear it; without one, every user of this machine is the operator
 */
export function createGateway(routes: readonly GatewayRoute[], token?: string): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 30_000 }, (request, response) => {
    void answerTo(routes, token, request)
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
  request: IncomingMessage,
): Promise<HttpAnswer> {
  const requestId = randomUUID();
  const url = request.url ?? '/';
  const { path } = splitUrl(url);
  try {
    const peer = request.socket.remoteAddress ?? '';
    const refusal = refusalOf(request, request.socket.localPort ?? 0, peer);
    if (refusal) return refused(refusal, requestId);
    const method = request.method ?? 'GET';
    const match = matchRoute(routes, method, path);
    const isSigned = 'route' in match && match.route.isSigned === true;
    if (token !== undefined && !isSigned && !bears(request.headers.authorization, token)) return tokenNeeded(requestId);
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
    title: 'This door asks for the token of whoever started it.',
    detail: 'No such token came with the request.',
    code: 'token-needed',
    hint: 'Send the header of the file that npm start names (curl -H @FILE), or call with npx warden call.',
  });

/** A problem of this door alone: behind API Gateway there is no such thing, so the catalogue does not have it. */
function ofTheDoor(
  status: 401 | 403,
  requestId: string,
  said: Readonly<Record<'title' | 'detail' | 'code' | 'hint', string>>,
): HttpAnswer {
  const problem = { type: `urn:session-warden:problem:${said.code}`, status, ...said, requestId };
  const asks = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  return finished(json(status, problem, { 'content-type': 'application/problem+json', ...asks }), requestId);
}

async function send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const body = Buffer.from(answer.body);
  // What was not read of the body would be taken for the next request.
  const close = request.complete ? {} : { connection: 'close' };
  response.writeHead(answer.statusCode, { ...answer.headers, ...close, 'content-length': body.length });
  response.write(request.method === 'HEAD' ? '' : body);
  // Closing on a caller who still sends would make the network drop the answer.
  if (!request.complete) await Promise.race([finish(request.resume()).catch(() => {}), sleep(DRAIN_MS)]);
  response.end();
}

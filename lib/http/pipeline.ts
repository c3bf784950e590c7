import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { WardenConfig } from '../config/config.ts';
import { AppError } from '../errors.ts';
import {
  AGENT_HEADER,
  believeEmail,
  callerOf,
  type Principal,
  principalFromAuthorizer,
  withAgent,
} from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { logFailure } from '../telemetry/log.ts';
import { observe } from '../telemetry/observe.ts';
import { checkSize, finished, type HttpAnswer, problemAnswer } from './answer.ts';
import { fieldName, type ParsedRequest, parseRequest, type RequestShape } from './parse.ts';
import { type HttpRequest, readRequest } from './request.ts';

/** A Lambda behind the HTTP API. Takes any event, and always answers. */
export type HttpHandler = (event: unknown, context?: Context) => Promise<HttpAnswer>;

/** What a handler works with. */
export interface HttpCall<Path, Query, Body, Needed = Services> extends ParsedRequest<Path, Query, Body> {
  readonly services: Needed;
  readonly principal: Principal;
  /** Links answer, log, record and SQL. */
  readonly requestId: string;
  /** Milliseconds until Lambda ends the call. */
  readonly remainingMs: () => number;
}

type Step = middy.MiddlewareObj<HttpRequest, HttpAnswer>;

const answers: Step = {
  name: 'answers',
  after: (request) => {
    if (!request.response) return;
    checkSize(request.response);
    request.response = finished(request.response, request.event.requestId);
  },
  onError: async (request) => {
    await logFailure(request.error, request.event.requestId);
    request.response = problemAnswer(request.error, request.event);
  },
};

const limits: Step = { name: 'limits', before: (request) => checkLimits(request.event) };

const PLUGIN = {
  timeoutEarlyInMillis: 500,
  timeoutEarlyResponse: () => {
    throw new AppError('target-timeout');
  },
};

/** What the gateway waits, where no context tells. */
const DEFAULT_REMAINING_MS = 30_000;

/** The chain for a function that anybody may call: limits, then `handle`; every failure a problem+json answer. */
export function publicPipeline(handle: (request: HttpRequest, context: Context) => Promise<HttpAnswer>): HttpHandler {
  const chain = middy<HttpRequest, HttpAnswer>(handle, PLUGIN).use([answers, limits]);
  return (event, context = {} as Context) => {
    const request = readRequest(event);
    return observe(request.requestId, () => chain(request, context));
  };
}

/**
 * The chain for every other function: limits, identity, the request read strictly by its `shape`, and only then the
 * services, which are loaded once by `load` for all calls.
 */
export const httpPipeline = <Path, Query, Body, Needed extends { readonly config?: Partial<WardenConfig> } = Services>(
  load: () => Promise<Needed>,
  shape: RequestShape<Path, Query, Body>,
  handle: (call: HttpCall<Path, Query, Body, Needed>) => Promise<HttpAnswer>,
): HttpHandler =>
  publicPipeline(async (request, context) => {
    const known = principalFromAuthorizer(request.authorizer);
    if (!known) throw new AppError('unauthenticated');
    const caller = { ...known, caller: callerOf(request.authorizer, request.http) };
    const parsed = parseRequest(shape, request);
    const remainingMs = () => context.getRemainingTimeInMillis?.() ?? DEFAULT_REMAINING_MS;
    const services = await load();
    const believed = believeEmail(caller, services.config?.identity);
    const principal = withAgent(believed, request.headers[AGENT_HEADER], services.config);
    return handle({ ...parsed, principal, requestId: request.requestId, remainingMs, services });
  });

/** Bytes of a body, once decoded. */
export const MAX_BODY_BYTES = 256 * 1024;
/** Bytes of one header's value, and of the query string. */
export const MAX_PART_BYTES = 8 * 1024;

const isLonger = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);

function refuse(part: string, bytes: number): never {
  throw new AppError('body-too-large', { detail: `${part}: at most ${bytes} bytes.` });
}

/**
 * Refuses a request that is larger than any good one, before anything reads it.
 *
 * @throws AppError `body-too-large`, whose detail names the part.
 */
export function checkLimits({ headers, rawQuery, queryParameters, body, isBase64 }: HttpRequest): void {
  for (const [name, value] of Object.entries(headers)) {
    if (isLonger(value, MAX_PART_BYTES)) refuse(`header ${fieldName(name)}`, MAX_PART_BYTES);
  }
  const query = rawQuery ?? Object.entries(queryParameters).flat().join('&');
  if (isLonger(query, MAX_PART_BYTES)) refuse('query string', MAX_PART_BYTES);
  if (typeof body !== 'string') return;
  const isTooLong = isBase64 ? Buffer.byteLength(body, 'base64') > MAX_BODY_BYTES : isLonger(body, MAX_BODY_BYTES);
  if (isTooLong) refuse('body', MAX_BODY_BYTES);
}

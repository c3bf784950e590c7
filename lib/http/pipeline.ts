import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { WardenConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import { callerOf } from '../privileges/caller.ts';
import type { Principal } from '../privileges/principal.ts';
import { believeEmail, principalFromAuthorizer } from '../privileges/principal-from-event.ts';
import type { Services } from '../services.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import { observe } from '../telemetry/observe.ts';
import { checkSize, finished, type HttpAnswer } from './answer.ts';
import { checkLimits } from './limits.ts';
import { type ParsedRequest, parseRequest, type RequestShape } from './parse.ts';
import { problemAnswer } from './problem.ts';
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
    const principal = believeEmail(caller, services.config?.identity);
    return handle({ ...parsed, principal, requestId: request.requestId, remainingMs, services });
  });

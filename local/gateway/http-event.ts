import type { IncomingHttpHeaders } from 'node:http';
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';

/** The parts of an HTTP request that an event is made of. */
export interface EventSource {
  readonly requestId: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly routeKey: string;
  /** Still encoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly claims: Claims;
  readonly now: Date;
}

/** Splits a request's target into path and query, both as they came. */
export function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

/**
 * The event that API Gateway (HTTP API, payload 2.0, with a JWT authorizer) makes of a request. Path and parameters are
 * percent-decoded once.
 *
 * @throws AppError `request-invalid` for a path that is not valid percent-encoding.
 */
export function toHttpEvent(source: EventSource): APIGatewayProxyEventV2WithJWTAuthorizer {
  const { path, query } = splitUrl(source.url);
  const { cookie, [CLAIMS_HEADER]: _claims, ...headers } = source.headers;
  const parameters = Object.entries(source.pathParameters).map(([name, value]) => [name, decode(value)] as const);
  const rawPath = decode(path);
  return {
    version: '2.0',
    routeKey: source.routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: joined(headers),
    ...(query !== '' && { queryStringParameters: queryOf(query) }),
    ...(parameters.length > 0 && { pathParameters: Object.fromEntries(parameters) }),
    requestContext: contextOf(source, rawPath),
    ...bodyOf(source),
  };
}

function contextOf(source: EventSource, path: string): APIGatewayProxyEventV2WithJWTAuthorizer['requestContext'] {
  return {
    accountId: '000000000000',
    apiId: 'local',
    domainName: source.headers.host ?? '127.0.0.1',
    domainPrefix: 'local',
    http: {
      method: source.method,
      path,
      protocol: 'HTTP/1.1',
      sourceIp: source.sourceIp,
      userAgent: source.headers['user-agent'] ?? '',
    },
    requestId: source.requestId,
    routeKey: source.routeKey,
    stage: '$default',
    time: source.now.toISOString(),
    timeEpoch: source.now.getTime(),
    // No scopes: the type wants a list, the gateway sends null where the authorizer asks for none.
    authorizer: { principalId: '', integrationLatency: 0, jwt: { claims: { ...source.claims }, scopes: [] } },
  };
}

function bodyOf({ body, headers }: EventSource): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = headers['content-type'] ?? '';
  const isText = /^(text\/|application\/(json|xml|javascript|[\w.-]+\+(json|xml)) *(;|$))/i.test(type);
  if (!isText || headers['content-encoding']) return { body: body.toString('base64'), isBase64Encoded: true };
  return { body: body.toString('utf8'), isBase64Encoded: false };
}

function queryOf(query: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

const joined = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value]],
    ),
  );

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new AppError('request-invalid', { detail: 'path: not valid percent-encoding.', cause });
  }
}

/** The header that plays another caller. Read here and nowhere else; no handler ever sees it. */
export const CLAIMS_HEADER = 'x-local-claims';

/** Who calls when nobody is played: an operator of this machine. */
const OPERATOR_CLAIMS = { sub: 'local-operator', groups: ['operator'] } as const;

// The gateway writes a list as "[a b]": a word that could not be told from two, or from the brackets, is refused.
const word = z.string().regex(/^[^\s[\],]{1,200}$/, 'must be a word without spaces, commas and brackets');
const claimsSchema = z
  .object({ sub: z.string().min(1).max(200), groups: z.array(word).max(100).optional() })
  .catchall(z.union([z.string().max(1000), z.number(), z.boolean(), z.array(word).max(100)]));

/** Claims as a JWT authorizer of API Gateway hands them on: text only, a list as `[a b]`. */
export type Claims = Readonly<Record<string, string>>;

/**
 * The claims of a request: those of the header, JSON such as `{"sub":"ada","groups":["dev"]}`, else the operator's.
 *
 * @throws AppError `request-invalid`
 */
export function claimsFrom(header: string | undefined): Claims {
  return toGatewayClaims(header === undefined ? OPERATOR_CLAIMS : parse(header));
}

function parse(header: string): z.infer<typeof claimsSchema> {
  let value: unknown;
  try {
    // Node hands on header bytes one by one; JSON is UTF-8.
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1')));
  } catch {
    throw invalid('must be JSON such as {"sub":"ada","groups":["dev"]}, sent once');
  }
  const { data, error } = claimsSchema.safeParse(value);
  if (!data) throw invalid(`${error.issues[0]?.path.join('.') || 'the object'}: ${error.issues[0]?.message}`);
  return data;
}

/** Claims as API Gateway writes them. */
export const toGatewayClaims = (claims: Readonly<Record<string, unknown>>): Claims =>
  Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      Array.isArray(value) ? `[${value.join(' ')}]` : String(value),
    ]),
  );

const invalid = (what: string) => new AppError('request-invalid', { detail: `X-Local-Claims: ${what}.` });

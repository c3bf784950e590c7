import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.ts';
import { CORRELATION_ID } from '../telemetry/call.ts';

/** The characters of a tag, as they stand between the quotes of `If-Match`. */
export const TAG = /^[A-Za-z0-9._-]{1,120}$/;

/**
 * The one tag of an `If-Match` header without its quotes, or `null` where there is no such header.
 *
 * @throws AppError `tag-invalid` for `*`, a weak tag, several, none in double quotes, or other characters than a tag has.
 */
export function parseIfMatch(header: string | undefined): string | null {
  if (header === undefined) return null;
  const quoted = /^[ \t]*"([^"]*)"[ \t]*$/.exec(header)?.[1];
  if (quoted === undefined || !TAG.test(quoted)) {
    throw new AppError('tag-invalid', { detail: 'If-Match: exactly one strong tag in double quotes is taken.' });
  }
  return quoted;
}

/** An HTTP request as the handlers read it: every part is there and of its type, whatever the event looked like. */
export interface HttpRequest {
  /** The gateway's request ID, or one of our own. Safe in a header, a log and an SQL comment. */
  readonly requestId: string;
  readonly path: string;
  /** As the gateway matched them, percent-decoded once by it and never again by us. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** Still encoded; `null` where the event has none, then {@link HttpRequest.queryParameters} counts. */
  readonly rawQuery: string | null;
  readonly queryParameters: Readonly<Record<string, string>>;
  /** Names in lower case; one that came twice is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Not yet decoded; text unless the event is malformed. */
  readonly body: unknown;
  readonly isBase64: boolean;
  /** `requestContext.authorizer`: what the gateway verified. */
  readonly authorizer: unknown;
  /** `requestContext.http`: the gateway's own words on the connection. */
  readonly http: unknown;
}

const textsOf = (value: unknown): [string, string][] =>
  Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');

function headersOf(value: unknown): Record<string, string> {
  const headers = new Map<string, string>();
  for (const [name, text] of textsOf(value)) {
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? text : `${before},${text}`);
  }
  return Object.fromEntries(headers);
}

const requestIdOf = (value: unknown): string =>
  typeof value === 'string' && CORRELATION_ID.test(value) ? value : randomUUID();

/**
 * Reads an API Gateway event: of an HTTP API (payload 2.0), or of the REST API that a private deployment has. Never throws:
 * what is odd or missing is read as absent.
 */
export function readRequest(event: unknown): HttpRequest {
  const given = fieldsOf(event);
  const fields = isFromRestApi(given) ? asHttpApi(given) : given;
  const context = fieldsOf(fields['requestContext']);
  const { rawPath, rawQueryString } = fields;
  return {
    requestId: requestIdOf(context['requestId']),
    path: typeof rawPath === 'string' ? rawPath : '/',
    pathParameters: Object.fromEntries(textsOf(fields['pathParameters'])),
    rawQuery: typeof rawQueryString === 'string' ? rawQueryString : null,
    queryParameters: Object.fromEntries(textsOf(fields['queryStringParameters'])),
    headers: headersOf(fields['headers']),
    body: fields['body'] ?? '',
    isBase64: fields['isBase64Encoded'] === true,
    authorizer: context['authorizer'],
    http: context['http'],
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object's fields; none of anything else. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** True for payload 1.0 of a REST API: no HTTP API that we deploy sends `httpMethod`. */
export const isFromRestApi = ({ httpMethod, resource, version }: Fields): boolean =>
  typeof httpMethod === 'string' && typeof resource === 'string' && version !== '2.0';

/** Target names and IDs have no `%`, so what the gateway decoded already stays as it is. */
function decoded(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The query as it would have been written, for it to be read in one way; a parameter that came twice is there twice. */
function queryOf(parameters: unknown): string {
  const pairs = Object.entries(fieldsOf(parameters)).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encode(name)}=${encode(String(value))}`),
  );
  return pairs.join('&');
}

const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

/**
 * The event of a REST API as an HTTP API would have sent it. Who asks is the AWS principal whose signature the gateway
 * verified; what else an authorizer might say is not taken, since there is none.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export function asHttpApi(event: Fields): Fields {
  const { requestId, identity } = fieldsOf(event['requestContext']);
  const { userArn, accountId, sourceIp, userAgent } = fieldsOf(identity);
  const path = Object.entries(fieldsOf(event['pathParameters'])).map(([name, value]) => [name, decoded(value)]);
  const query = event['multiValueQueryStringParameters'] ?? event['queryStringParameters'];
  return {
    rawPath: event['path'],
    rawQueryString: queryOf(query),
    headers: event['headers'],
    pathParameters: Object.fromEntries(path),
    body: event['body'],
    isBase64Encoded: event['isBase64Encoded'],
    requestContext: {
      requestId,
      http: { sourceIp, userAgent },
      ...(typeof userArn === 'string' && { authorizer: { iam: { userArn, accountId } } }),
    },
  };
}

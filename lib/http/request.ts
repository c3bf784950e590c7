import { randomUUID } from 'node:crypto';
import { asHttpApi, fieldsOf, isFromRestApi } from './rest-event.ts';

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

// No `*`: the ID also stands in a comment of the SQL, which it must not be able to end.
const REQUEST_ID = /^[\w+/=.:-]{1,128}$/;

const requestIdOf = (value: unknown): string =>
  typeof value === 'string' && REQUEST_ID.test(value) ? value : randomUUID();

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

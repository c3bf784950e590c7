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

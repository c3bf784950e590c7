/** An event of an HTTP API (payload 2.0), as AWS documents it, of a caller with a JWT or with IAM. */
export function httpEvent(
  method: string,
  path: string,
  pathParameters: Readonly<Record<string, string>>,
  { body, query = '', iam = false }: { readonly body?: unknown; readonly query?: string; readonly iam?: boolean } = {},
): Readonly<Record<string, unknown>> {
  const jwt = { claims: { sub: 'ada', iss: 'https://id.example.com', groups: '[dba dev]' }, scopes: null };
  const caller = {
    accessKey: 'ASIAEXAMPLE',
    accountId: '123456789012',
    callerId: 'AROAEXAMPLE:ada',
    cognitoIdentity: null,
    principalOrgId: 'aws:PrincipalOrgID',
    userArn: 'arn:aws:sts::123456789012:assumed-role/Dba/ada',
    userId: 'AROAEXAMPLE:ada',
  };
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: query,
    headers: {
      accept: '*/*',
      'content-length': '0',
      'content-type': 'application/json',
      host: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
      'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      authorizer: iam ? { iam: caller } : { jwt },
      domainName: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'abcdefghij',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'curl/8.5.0' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: '24/Nov/2026:19:03:58 +0000',
      timeEpoch: 1795547038000,
    },
    pathParameters,
    isBase64Encoded: false,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

/** What EventBridge Scheduler sends, with the schedule's own time filled in. */
export const scheduledEvent = (at: Date) => ({ time: `${at.toISOString().slice(0, 16)}:00Z` });

/** A batch of SQS, as AWS documents it. */
export const sqsEvent = (...bodies: readonly unknown[]) => ({
  Records: bodies.map((body, at) => ({
    messageId: `059f36b4-87a3-44ab-83d2-66197569447${at}`,
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    body: JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(Date.now()),
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: String(Date.now()),
    },
    messageAttributes: {},
    md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:reaps',
    awsRegion: 'us-east-1',
  })),
});

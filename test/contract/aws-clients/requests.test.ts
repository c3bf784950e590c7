import { afterEach, describe, expect, it, vi } from 'vitest';
import { anAwsService, type Reply } from './aws-service.ts';
import { CLIENTS } from './clients.ts';
import { signaturesOf } from './signatures-of.ts';

const OK: Reply = { status: 200, body: '{}' };
const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:w';
const SERVICES = [
  ['dynamodb', 'DynamoDB_20120810.GetItem', '1.0'],
  ['secretsmanager', 'secretsmanager.GetSecretValue', '1.1'],
  ['sqs', 'AmazonSQS.ChangeMessageVisibility', '1.0'],
] as const;

afterEach(() => vi.unstubAllEnvs());

describe.each(CLIENTS)('$name', ({ aws }) => {
  type Options = ConstructorParameters<typeof aws.sqs.SQSClient>[0];
  /** One call of each service whose body is JSON. */
  const callsOf = (options: NonNullable<Options>) => ({
    dynamodb: () =>
      new aws.dynamodb.DynamoDBClient(options).send(
        new aws.dynamodb.GetItemCommand({ TableName: 'ä', Key: { id: { S: 'x' } } }),
      ),
    secretsmanager: () =>
      new aws.secrets.SecretsManagerClient(options).send(new aws.secrets.GetSecretValueCommand({ SecretId: 'ä' })),
    sqs: () =>
      new aws.sqs.SQSClient({ ...options, useQueueUrlAsEndpoint: false }).send(
        new aws.sqs.ChangeMessageVisibilityCommand({ QueueUrl: 'ä', ReceiptHandle: 'r', VisibilityTimeout: 1 }),
      ),
  });

  it.each(SERVICES)(
    'sign what they send to %s as AWS checks it, with the session token',
    async (name, target, version) => {
      await using service = await anAwsService(OK);
      await callsOf(service.options)[name]();
      const [request] = service.received;
      if (request === undefined) throw new Error('nothing came');
      expect(request).toMatchObject({ method: 'POST', path: '/', body: expect.stringContaining('"ä"') });
      expect(request.headers).toMatchObject({
        'content-type': `application/x-amz-json-${version}`,
        'content-length': String(Buffer.byteLength(request.body)),
        'x-amz-target': target,
        'x-amz-security-token': 'a token',
      });
      const { right, ...signed } = signaturesOf(request);
      expect(signed).toMatchObject({ service: name, region: 'eu-central-1', signature: right });
      expect(signed.names).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token']));
    },
  );

  it('invoke a function by name or ARN, signed, and give what it answered and whether it failed', async () => {
    const headers = { 'x-amz-function-error': 'Unhandled' };
    await using service = await anAwsService({ status: 202, body: '' }, { status: 200, body: '{"ü":1}', headers });
    const client = new aws.lambda.LambdaClient(service.options);
    const [job, bytes] = ['{"jöb":1}', Buffer.from('{}')];
    await client.send(new aws.lambda.InvokeCommand({ FunctionName: 'w', InvocationType: 'Event', Payload: job }));
    const answer = await client.send(new aws.lambda.InvokeCommand({ FunctionName: ARN, Payload: bytes }));

    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(Buffer.from(answer.Payload ?? []).toString()).toBe('{"ü":1}');
    const path = (name: string) => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
    expect(service.received).toMatchObject([
      { path: path('w'), body: job, headers: { 'x-amz-invocation-type': 'Event' } },
      { path: path(ARN), body: '{}' },
    ]);
    // Lambda's default, where nothing is said.
    expect(service.received[1]?.headers['x-amz-invocation-type'] ?? 'RequestResponse').toBe('RequestResponse');
    for (const { signature, right, service: name } of service.received.map(signaturesOf))
      expect([name, signature]).toEqual(['lambda', right]);
  });

  it('give points in time as dates, and what is null not at all', async () => {
    const body = '{"Name":"a","DeletedDate":null,"LastChangedDate":1764028800.5,"Tags":[{"Key":"k","Value":null}]}';
    await using service = await anAwsService({ status: 200, body });
    const client = new aws.secrets.SecretsManagerClient(service.options);
    const { $metadata: _, ...answer } = await client.send(new aws.secrets.DescribeSecretCommand({ SecretId: 'a' }));
    expect(answer).toEqual({ Name: 'a', LastChangedDate: new Date(1_764_028_800_500), Tags: [{ Key: 'k' }] });
  });

  it('find endpoint, region and credentials in the environment, the service of its own name first', async () => {
    await using any = await anAwsService(OK, OK);
    await using own = await anAwsService(OK);
    const env = {
      AWS_REGION: 'eu-west-3',
      AWS_ACCESS_KEY_ID: 'ENVKEY',
      AWS_SECRET_ACCESS_KEY: 'another',
      AWS_SESSION_TOKEN: 'of the environment',
      AWS_ENDPOINT_URL: `${any.options.endpoint}/under/a/path`,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: own.options.endpoint,
    };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const calls = callsOf({});
    await calls.secretsmanager();
    await calls.dynamodb();
    await calls.dynamodb();

    expect(own.received.map(({ path }) => path)).toEqual(['/']);
    expect(any.received.map(({ path }) => path.replace(/\/$/, ''))).toEqual(['/under/a/path', '/under/a/path']);
    for (const { headers } of [...own.received, ...any.received]) {
      expect(headers['x-amz-security-token']).toBe('of the environment');
      expect(headers.authorization).toMatch(/Credential=ENVKEY\/\d{8}\/eu-west-3\//);
    }
  });
});

import { describe, expect, it } from 'vitest';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '../../../infra/bundling/aws/client-dynamodb.ts';
import { InvokeCommand, LambdaClient } from '../../../infra/bundling/aws/client-lambda.ts';
import { GetSecretValueCommand, SecretsManagerClient } from '../../../infra/bundling/aws/client-secrets-manager.ts';
import { SendMessageCommand, SQSClient } from '../../../infra/bundling/aws/client-sqs.ts';
import { GetParameterCommand, SSMClient } from '../../../infra/bundling/aws/client-ssm.ts';
import { anAwsService, type Reply } from './aws-service.ts';

const OK: Reply = { status: 200, body: '{"Name":"a","SecretString":"{}"}' };
const failed = (status: number, __type: string, rest = {}): Reply => ({
  status,
  body: JSON.stringify({ __type, message: 'why', ...rest }),
});
const read = new GetSecretValueCommand({ SecretId: 'a' });

describe('the small clients of AWS', () => {
  it('sign what they send, for the service and the region', async () => {
    await using service = await anAwsService(OK);
    await expect(new SecretsManagerClient(service.options).send(read)).resolves.toEqual({
      Name: 'a',
      SecretString: '{}',
    });
    expect(service.received).toEqual([
      {
        path: '/',
        body: '{"SecretId":"a"}',
        headers: expect.objectContaining({
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'secretsmanager.GetSecretValue',
          'x-amz-security-token': 'a token',
          authorization: expect.stringMatching(
            /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/secretsmanager\/aws4_request, SignedHeaders=[^,]*content-type;host;[^,]*x-amz-target, Signature=[0-9a-f]{64}$/,
          ),
        }),
      },
    ]);
  });

  it.each([
    ['DynamoDB', DynamoDBClient, new PutItemCommand({}), 'DynamoDB_20120810.PutItem', '1.0', 'dynamodb'],
    ['SQS', SQSClient, new SendMessageCommand({}), 'AmazonSQS.SendMessage', '1.0', 'sqs'],
    ['Parameter Store', SSMClient, new GetParameterCommand({}), 'AmazonSSM.GetParameter', '1.1', 'ssm'],
  ])('speak to %s as it wants', async (_, Client, command, target, version, name) => {
    await using service = await anAwsService(OK);
    await new Client(service.options).send(command);
    const headers = service.received[0]?.headers;
    expect(headers?.['x-amz-target']).toBe(target);
    expect(headers?.['content-type']).toBe(`application/x-amz-json-${version}`);
    expect(headers?.authorization).toContain(`/eu-central-1/${name}/aws4_request`);
  });

  it('invoke a function, and give what it answered and whether it failed', async () => {
    await using service = await anAwsService(
      { status: 202, body: '' },
      { status: 200, body: '{"a":1}', headers: { 'x-amz-function-error': 'Unhandled' } },
    );
    const client = new LambdaClient(service.options);
    const FunctionName = 'arn:aws:lambda:eu-central-1:123456789012:function:w';
    await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{"job":1}' }));
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
    expect(answer).toEqual({ StatusCode: 200, Payload: Buffer.from('{"a":1}'), FunctionError: 'Unhandled' });
    expect(service.received.map(({ path, body, headers }) => [path, body, headers['x-amz-invocation-type']])).toEqual([
      [`/2015-03-31/functions/${encodeURIComponent(FunctionName)}/invocations`, '{"job":1}', 'Event'],
      [`/2015-03-31/functions/${encodeURIComponent(FunctionName)}/invocations`, '{}', 'RequestResponse'],
    ]);
  });

  it.each<[string, Reply]>([
    ['fails', failed(500, 'InternalServerError')],
    ['throttles', failed(400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException')],
    ['throttles by status', { status: 429, body: 'slow down' }],
    ['breaks the connection', 'cut'],
  ])('try again where the service %s, and say the same', async (_, reply) => {
    await using service = await anAwsService(reply, reply, OK);
    await new DynamoDBClient(service.options).send(new TransactWriteItemsCommand({ TransactItems: [] }));
    const bodies = service.received.map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({ ClientRequestToken: expect.any(String), TransactItems: [] });
  });

  it('give up after the tries that they may make, with what the service said', async () => {
    await using service = await anAwsService(...Array<Reply>(5).fill(failed(503, 'ServiceUnavailable')));
    await expect(new SSMClient({ ...service.options, maxAttempts: 2 }).send(read)).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      message: 'why',
      $metadata: { httpStatusCode: 503 },
    });
    expect(service.received).toHaveLength(2);
  });

  it.each<[string, Reply]>([
    ['in the body', failed(400, 'ResourceNotFoundException')],
    ['with its namespace', failed(400, 'com.amazonaws.x#ResourceNotFoundException')],
    ['in a header', { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal/' } }],
  ])('name an exception that stands %s, and try no second time', async (_, reply) => {
    await using service = await anAwsService(reply, OK);
    await expect(new SecretsManagerClient(service.options).send(read)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(service.received).toHaveLength(1);
  });

  it('give what stands where a condition did not hold', async () => {
    const Item = { closedBy: { S: 'x' } };
    await using service = await anAwsService(failed(400, 'a#ConditionalCheckFailedException', { Item }));
    const answer = new DynamoDBClient(service.options).send(new PutItemCommand({}));
    await expect(answer).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await expect(answer).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item });
  });

  it('give up a try whose answer does not come, and ask anew', async () => {
    await using service = await anAwsService('silence', OK);
    const requestHandler = { connectionTimeout: 50, requestTimeout: 50 };
    await new SecretsManagerClient({ ...service.options, requestHandler }).send(read);
    expect(service.received).toHaveLength(2);
  });

  it('say that there are no credentials', async () => {
    const { AWS_ACCESS_KEY_ID, ...rest } = process.env;
    process.env = rest;
    try {
      const client = new SSMClient({ endpoint: 'http://127.0.0.1:1', region: 'eu-central-1' });
      await expect(client.send(read)).rejects.toMatchObject({ name: 'CredentialsProviderError' });
    } finally {
      process.env = { ...rest, ...(AWS_ACCESS_KEY_ID !== undefined && { AWS_ACCESS_KEY_ID }) };
    }
  });
});

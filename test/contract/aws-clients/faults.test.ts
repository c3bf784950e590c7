import { afterEach, describe, expect, it, vi } from 'vitest';
import { AWS_LIMITS } from '../../../lib/aws-limits.ts';
import { anAwsService, failed, type Reply } from './aws-service.ts';
import { CLIENTS } from './clients.ts';

const OK: Reply = { status: 200, body: '{"Name":"a","SecretString":"{}"}' };
/** As in lib/aws-limits.ts, and shorter. */
const requestHandler = {
  ...AWS_LIMITS.requestHandler,
  connectionTimeout: 100,
  requestTimeout: 100,
  socketTimeout: 100,
};
const DYNAMO = 'com.amazonaws.dynamodb.v20120810#';

afterEach(() => vi.useRealTimers());

describe.each(CLIENTS)('at a bad moment, $name', ({ aws }) => {
  const { DynamoDBClient, TransactWriteItemsCommand } = aws.dynamodb;
  const { GetSecretValueCommand, SecretsManagerClient } = aws.secrets;
  const read = new GetSecretValueCommand({ SecretId: 'a' });

  it.each<[string, Reply]>([
    ['fails with 500', failed(500, 'InternalServerError')],
    ['is not there for a moment', failed(503, 'ServiceUnavailable')],
    ['answers with a page of a proxy', { status: 502, body: '<html>bad gateway</html>' }],
    ['throttles a table', failed(400, `${DYNAMO}ProvisionedThroughputExceededException`)],
    ['throttles an account', failed(400, `${DYNAMO}RequestLimitExceeded`)],
    ['throttles as others do', failed(400, 'ThrottlingException')],
    ['throttles by status', { status: 429, body: 'slow down' }],
    ['still does the transaction', failed(400, `${DYNAMO}TransactionInProgressException`)],
    ['did not get the whole request', failed(400, 'RequestTimeoutException')],
    ['breaks the connection', 'cut'],
    ['breaks the connection in mid-answer', 'cut in its middle'],
    ['says nothing', 'silence'],
    ['stops in mid-answer', 'half'],
  ])('try again where the service %s, and say the very same', async (_, reply) => {
    await using service = await anAwsService(reply, OK);
    const client = new DynamoDBClient({ ...service.options, requestHandler });
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 't', Item: {} } }] }));
    const bodies = service.received.map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(new Set(bodies).size).toBe(1);
    // With this token a transaction that was carried out is not carried out again.
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ ClientRequestToken: expect.stringMatching(/^[\w-]{36}$/) });
  });

  it.each<[string, number, Reply, object]>([
    ['three tries', 3, failed(503, 'ServiceUnavailable'), { name: 'ServiceUnavailable', message: 'why' }],
    ['two tries', 2, failed(400, 'ThrottlingException'), { name: 'ThrottlingException', message: 'why' }],
    ['as many cuts', 2, 'cut', { code: 'ECONNRESET' }],
    ['as many silences', 2, 'silence', { name: 'TimeoutError' }],
  ])('give up after %s, with what came last', async (_, maxAttempts, reply, error) => {
    await using service = await anAwsService(...Array<Reply>(6).fill(reply));
    const client = new SecretsManagerClient({ ...service.options, maxAttempts, requestHandler });
    await expect(client.send(read)).rejects.toMatchObject(error);
    expect(service.received).toHaveLength(maxAttempts);
  });

  it('wait at least as long as the service asks', async () => {
    const throttled = { status: 429, body: '{}' };
    await using asking = await anAwsService({ ...throttled, headers: { 'retry-after': '1' } }, OK);
    await using quick = await anAwsService(failed(500, 'InternalServerError'), OK);
    const ends: string[] = [];
    const call = async (name: string, { options }: typeof asking) => {
      await new SecretsManagerClient(options).send(read);
      ends.push(name);
    };
    await Promise.all([call('asked to wait', asking), call('not asked', quick)]);
    expect(ends).toEqual(['not asked', 'asked to wait']);
  });

  it('wait for an answer as long as it takes where no limit is set, and ask once', async () => {
    await using service = await anAwsService('silence');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const client = new aws.lambda.LambdaClient(service.options);
    const answer = client.send(new aws.lambda.InvokeCommand({ FunctionName: 'w', Payload: '{}' }));
    const end = answer.then(
      () => 'answered',
      () => 'given up',
    );
    while (service.received.length === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await Promise.race([end, 'waits'])).toBe('waits');
    expect(service.received).toHaveLength(1);
  });
});

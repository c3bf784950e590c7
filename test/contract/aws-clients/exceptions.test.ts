import { afterEach, describe, expect, it, vi } from 'vitest';
import { anAwsService, failed, type Reply } from './aws-service.ts';
import { CLIENTS } from './clients.ts';

const OK: Reply = { status: 200, body: '{"Name":"a","SecretString":"{}"}' };
const DYNAMO = 'com.amazonaws.dynamodb.v20120810#';

afterEach(() => vi.unstubAllEnvs());

describe.each(CLIENTS)('exceptions of $name', ({ aws }) => {
  const { DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } = aws.dynamodb;
  const { GetSecretValueCommand, SecretsManagerClient } = aws.secrets;
  const put = new PutItemCommand({ TableName: 't', Item: { id: { S: 'x' } } });
  const read = new GetSecretValueCommand({ SecretId: 'a' });

  it.each([
    ['ExpiredTokenException', 400],
    ['UnrecognizedClientException', 400],
    ['AccessDeniedException', 403],
    ['ResourceNotFoundException', 400],
    ['ValidationException', 400],
    ['DecryptionFailure', 400],
  ])('are final where a second try cannot help: %s', async (name, status) => {
    await using service = await anAwsService(failed(status, name), OK);
    await expect(new SecretsManagerClient(service.options).send(read)).rejects.toMatchObject({
      name,
      message: 'why',
      $metadata: { httpStatusCode: status },
    });
    expect(service.received).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['in the body', failed(400, 'ResourceNotFoundException')],
    ['with its namespace', failed(400, 'com.amazonaws.x#ResourceNotFoundException')],
    ['in a header', { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal/' } }],
  ])('have their name where it stands %s', async (_, reply) => {
    await using service = await anAwsService(reply, OK);
    await expect(new SecretsManagerClient(service.options).send(read)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('bring what stands where a condition did not hold, and are final', async () => {
    const Item = { closedBy: { S: 'x' }, count: { N: '1' } };
    await using service = await anAwsService(failed(400, `${DYNAMO}ConditionalCheckFailedException`, { Item }), OK);
    const error: unknown = await new DynamoDBClient(service.options).send(put).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(aws.dynamodb.ConditionalCheckFailedException);
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException', Item });
    expect(service.received).toHaveLength(1);
  });

  it('bring the reasons of a cancelled transaction in their order, and leave it to us to try again', async () => {
    const CancellationReasons = [
      { Code: 'None' },
      { Code: 'ThrottlingError', Message: 'slow down' },
      { Code: 'ConditionalCheckFailed', Item: { id: { S: 'x' } } },
    ];
    const reply = failed(400, `${DYNAMO}TransactionCanceledException`, { CancellationReasons });
    await using service = await anAwsService(reply, OK);
    const sent = new DynamoDBClient(service.options).send(new TransactWriteItemsCommand({ TransactItems: [] }));
    const error: unknown = await sent.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(aws.dynamodb.TransactionCanceledException);
    expect(error).toMatchObject({ name: 'TransactionCanceledException', CancellationReasons });
    expect(service.received).toHaveLength(1);
  });

  it('say that there are no credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    for (const file of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(file, '/nowhere');
    const client = new SecretsManagerClient({ endpoint: 'http://127.0.0.1:1', region: 'eu-central-1' });
    await expect(client.send(read)).rejects.toMatchObject({ name: 'CredentialsProviderError' });
  });
});

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readChatSecrets } from '../../functions/wiring/chat-secrets.ts';
import { createHandler } from '../../functions/wiring/receiver-services.ts';
import { workerServices } from '../../functions/wiring/worker-services.ts';
import { parseChatSecrets } from '../../lib/chatops/channels/load-channel.ts';
import { channel } from '../../lib/chatops/channels/slack/channel.ts';
import { type Answer, startFakeServer, type Taken } from '../support/chat/fake-server.ts';
import { aCommand } from '../support/chat/messages.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { signedBySlack } from '../support/chat/sign.ts';
import { anEvent } from '../support/http-event.ts';
import { startMoto } from './moto.ts';

const { moto, skipped } = await startMoto();
const invoked: Taken[] = [];
// moto runs Lambda functions in containers only; what is asked of Lambda here is one call of its API.
const lambda = await startFakeServer((taken): Answer => {
  invoked.push(taken);
  return taken.headers['x-amz-invocation-type'] === 'Event' ? [202, ''] : [200, { title: 'done' }];
});
afterAll(() => moto?.stop());
afterAll(() => lambda.stop());
afterEach(() => {
  invoked.length = 0;
});

describe.skipIf(moto === undefined)(`the chat functions on AWS${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  beforeAll(async () => {
    const env = {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: moto?.endpoint ?? '',
      AWS_ENDPOINT_URL_LAMBDA: lambda.base,
      CHAT_SECRET: 'warden/chat',
      STATE_TABLE: 'warden-state',
      CHAT_WORKER_FUNCTION: 'chat-worker',
      RUN_COMMAND_FUNCTION: 'run-command',
      WARDEN_CONFIG: new URL('warden.yaml', import.meta.url).pathname,
    };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const secret = { Name: 'warden/chat', SecretString: JSON.stringify(CHAT_SECRETS) };
    await new SecretsManagerClient({}).send(new CreateSecretCommand(secret));
    await new DynamoDBClient({}).send(
      new CreateTableCommand({
        TableName: 'warden-state',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      }),
    );
  });
  afterAll(() => vi.unstubAllEnvs());

  it('takes its secret, hands a command over to the worker asynchronously, and once', async () => {
    const request = signedBySlack(aCommand('sessions local'), new Date());
    const handler = createHandler(channel);
    const event = anEvent({ ...request, pathParameters: {} });
    expect((await handler(event)).statusCode).toBe(200);
    expect((await handler(event)).statusCode).toBe(401);
    expect(invoked).toMatchObject([
      {
        path: '/2015-03-31/functions/chat-worker/invocations',
        headers: { 'x-amz-invocation-type': 'Event' },
        body: { do: 'incoming', channel: 'slack', incoming: { text: 'sessions local', from: { user: 'U0ADA' } } },
      },
    ]);
  });

  it('reads the secret of each platform for the worker, and takes none that two of them hold', async () => {
    const put = (Name: string, parts: object) =>
      new SecretsManagerClient({}).send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(parts) }));
    const { slack, feishu } = CHAT_SECRETS;
    await put('of-slack', { slack });
    await put('of-feishu', { feishu });
    await put('of-both', { feishu, slack });
    const read = (CHAT_SECRET: string) => readChatSecrets({ CHAT_SECRET }, parseChatSecrets);
    expect(await read('of-slack,of-feishu')).toEqual({ slack, feishu });
    await expect(read('of-slack,of-both')).rejects.toMatchObject({ code: 'configuration-invalid' });
  });

  it('asks the function inside and waits for its answer', async () => {
    const { runCommand } = await workerServices();
    const principal = {
      source: 'slack' as const,
      subject: 'ada',
      groups: [],
      claims: {},
      chat: { identities: ['T/U'], isMapped: true },
    };
    const what = { do: 'command' as const, line: 'help' };
    expect(await runCommand({ principal, requestId: 'r1', channel: 'slack', what })).toEqual({ title: 'done' });
    expect(invoked).toMatchObject([{ path: '/2015-03-31/functions/run-command/invocations', body: { what } }]);
  });
});

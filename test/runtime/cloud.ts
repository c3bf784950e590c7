import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createConnection } from 'mysql2/promise';
import { AUDIT_TABLE, STATE_TABLE } from '../../lib/aws-tables.ts';
import { createTable } from '../aws/create-table.ts';
import type { DynamoDbLocal } from '../aws/dynamodb-local.ts';
import { urlAs } from '../engines/a-server.ts';
import type { EngineStatus } from '../engines/engine-status.ts';
import { startFakeServer, type Taken } from '../support/chat/fake-server.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { type Circumstances, startLambda } from './lambda.ts';
import { synthesizeFunctions } from './synthesized.ts';

const CONFIG = join(import.meta.dirname, 'warden.yaml');

/** A secret of AWS holds a password, which root of a server under test has not. */
const ACCOUNT = { username: 'runtime_warden', password: 'its password' };

/** Whose sessions the reaper ends. */
const IDLE = 'runtime_idle';

async function makeAccounts(url: string): Promise<void> {
  const connection = await createConnection(url);
  for (const user of [ACCOUNT.username, IDLE])
    await connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${ACCOUNT.password}'`);
  await connection.query(`GRANT ALL PRIVILEGES ON *.* TO ${ACCOUNT.username}`);
  await connection.end();
}

/** The account that the functions run in: secrets of the engines, tables, queues, the stop parameter, and a Lambda that only takes invocations. */
export async function deploy(client: string, moto: string, dynamodb: DynamoDbLocal, engines: readonly EngineStatus[]) {
  // First, since nothing else goes on meanwhile, and a connection that is kept would be closed.
  const outdir = mkdtempSync(join(tmpdir(), 'warden-runtime-'));
  const functions = synthesizeFunctions(outdir, CONFIG);
  const options = {
    endpoint: moto,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const secrets = new SecretsManagerClient(options);
  const put = (Name: string, value: unknown) =>
    secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }));
  for (const { name, url } of engines) {
    if (url === undefined) continue;
    const { hostname: host, port } = new URL(url);
    await makeAccounts(url);
    await put(`warden/${name}`, { engine: 'mysql', host, port: Number(port), ...ACCOUNT, tls: 'off' });
  }
  await put('warden-chats', CHAT_SECRETS);
  await new SSMClient(options).send(new PutParameterCommand({ Name: 'stop', Value: 'false', Type: 'String' }));
  const sqs = new SQSClient(options);
  const queue = async (QueueName: string) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
  const invoked: Taken[] = [];
  const lambda = await startFakeServer((taken) => {
    invoked.push(taken);
    return taken.headers['x-amz-invocation-type'] === 'Event' ? [202, ''] : [200, { title: 'done' }];
  });

  const environment: Readonly<Record<string, string>> = {
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_SESSION_TOKEN: 'test',
    AWS_ENDPOINT_URL: moto,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_LAMBDA: lambda.base,
    AUDIT_TABLE: await createTable(dynamodb.client, 'runtime-audit', AUDIT_TABLE),
    STATE_TABLE: await createTable(dynamodb.client, 'runtime-state', STATE_TABLE),
    REAP_QUEUE_URL: await queue('reaps'),
    CHAT_QUEUE_URL: await queue('chat'),
    CHAT_SECRET: 'warden-chats',
    CHAT_WORKER_FUNCTION: 'chat-worker',
    RUN_COMMAND_FUNCTION: 'run-command',
    STOP_PARAMETER: 'stop',
  };
  return {
    functions,
    environment,
    sqs,
    invoked,
    /** The URL of a server for those whose idle sessions the reaper ends. */
    asIdle: (url = '') => urlAs(url, IDLE, ACCOUNT.password),
    start: (name: string, over: Partial<Circumstances> = {}) => {
      const it = functions.get(name);
      if (it === undefined) throw new Error(`no function ${name}`);
      return startLambda(client, it, { ...over, environment: { ...environment, ...over.environment } });
    },
    stop: () => {
      lambda.stop();
      rmSync(outdir, { recursive: true, force: true });
    },
  };
}

/** A door before DynamoDB that lets everything through, except that it never answers this operation. */
export async function holdingBack(dynamodb: string, operation: string) {
  const { promise: held, resolve } = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    if (String(request.headers['x-amz-target']).endsWith(`.${operation}`)) return resolve();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name))
        headers.set(name, value);
    const answer = await fetch(dynamodb, { method: 'POST', headers, body: Buffer.concat(chunks) });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve_) => server.listen(0, '127.0.0.1', resolve_));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    held,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

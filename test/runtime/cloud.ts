import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { createConnection } from 'mysql2/promise';
import { AUDIT_TABLE, STATE_TABLE } from '../../lib/state/tables.ts';
import { createTable } from '../aws/create-table.ts';
import type { DynamoDbLocal } from '../aws/dynamodb-local.ts';
import { urlAs } from '../engines/a-server.ts';
import type { EngineStatus } from '../engines/engine-status.ts';
import { EVERYTHING } from '../infra/synthesize.ts';
import { type Answer, startFakeServer, type Taken } from '../support/chat/fake-server.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { type Circumstances, preload, startLambda } from './lambda.ts';
import { accountOf } from './policies/account.ts';
import type { Statement } from './policies/policy.ts';
import { startPolicyDoor } from './policies/policy-door.ts';
import { type Synthesized, synthesizeFunctions } from './synthesized.ts';

const CONFIG = join(import.meta.dirname, 'warden.yaml');

/** A secret of AWS holds a password, which root of a server under test has not. */
const ACCOUNT = { username: 'runtime_warden', password: 'its password' };

/** Whose sessions a reaper of the configuration ends, or warns of, and a rule that comes with a call ends. */
const USERS = ['runtime_idle', 'runtime_warned', 'runtime_asked'] as const;

async function makeAccounts(url: string): Promise<void> {
  const connection = await createConnection(url);
  for (const user of [ACCOUNT.username, ...USERS])
    await connection.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${ACCOUNT.password}'`);
  await connection.query(`GRANT ALL PRIVILEGES ON *.* TO ${ACCOUNT.username}`);
  await connection.end();
}

/**
 * The account that the functions run in: secrets of the engines, tables, queues, and a Lambda that only takes invocations,
 * all behind a door that knows the roles of the template.
 */
export async function deploy(client: string, moto: string, dynamodb: DynamoDbLocal, engines: readonly EngineStatus[]) {
  // First, since nothing else goes on meanwhile, and a connection that is kept would be closed.
  const outdir = mkdtempSync(join(tmpdir(), 'warden-runtime-'));
  const { template, functions } = synthesizeFunctions(outdir, CONFIG);
  const door = await startPolicyDoor();
  const account = accountOf(template, door.endpoint);
  const options = {
    endpoint: moto,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const secrets = new SecretsManagerClient(options);
  const put = (Name: string, value: unknown, KmsKeyId?: string) =>
    secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value), KmsKeyId }));
  for (const { name, url } of engines) {
    if (url === undefined) continue;
    const { hostname: host, port } = new URL(url);
    await makeAccounts(url);
    const login = { engine: 'mysql', host, port: Number(port), ...ACCOUNT, tls: 'off' };
    await put(`warden/${name}`, login, EVERYTHING.secretKeys[0]);
  }
  // Each platform's in a secret of its own.
  for (const [name, part] of Object.entries(CHAT_SECRETS)) await put(`warden-chats/${name}`, { [name]: part });
  const sqs = new SQSClient(options);
  for (const [QueueName, { FifoQueue }] of account.all('AWS::SQS::Queue'))
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes: FifoQueue === true ? { FifoQueue: 'true' } : {} }));
  const tables = { audit: '', state: '' };
  for (const [name] of account.all('AWS::DynamoDB::Table')) {
    const kind = name.includes('Audit') ? 'audit' : 'state';
    tables[kind] = await createTable(dynamodb.client, name, kind === 'audit' ? AUDIT_TABLE : STATE_TABLE);
  }
  const invoked: Taken[] = [];
  const lambda = await startFakeServer(async (taken): Promise<Answer> => {
    invoked.push(taken);
    if (taken.headers['x-amz-invocation-type'] === 'Event') return [202, ''];
    await using inside = await start('run-command');
    const outcome = await inside.invoke(taken.body);
    return 'answer' in outcome ? [200, outcome.answer] : [200, outcome.error];
  });
  const posted: Taken[] = [];
  const platforms = await startFakeServer((taken) => {
    posted.push(taken);
    return [200, 'ok'];
  });

  door.open({
    account,
    secrets,
    emulators: { dynamodb: dynamodb.endpoint, secretsmanager: moto, sqs: moto, lambda: lambda.base },
  });

  const found = (name: string): Synthesized => {
    const it = functions.get(name);
    if (it === undefined) throw new Error(`no function ${name}`);
    return it;
  };
  const environmentOf = (name: string): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(found(name).environment).map(([key, value]) => [key, account.resolve(value)]));
  const statementsOf = (name: string) => account.resolveAll(found(name).policies) as readonly Statement[];
  /** Credentials of a function's role, which lacks these actions. */
  const credentialsOf = (name: string, without: readonly string[] = []) => ({
    accessKeyId: door.keyFor(name, statementsOf(name), without),
    secretAccessKey: 'test',
    sessionToken: 'test',
  });
  /** Starts a function as the template has it: its environment, its role, and nothing else but where AWS is. */
  function start(
    name: string,
    { without = [], ...over }: Partial<Circumstances> & { without?: readonly string[] } = {},
  ) {
    const { accessKeyId, secretAccessKey, sessionToken } = credentialsOf(name, without);
    const environment = {
      AWS_REGION: options.region,
      AWS_DEFAULT_REGION: options.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: door.endpoint,
      ...over.environment,
    };
    return startLambda(client, found(name), environmentOf(name), { ...over, environment });
  }
  /** A client of SQS with the role of a function, as Lambda itself has. */
  const sqsAs = (name: string) =>
    new SQSClient({ endpoint: door.endpoint, region: options.region, credentials: credentialsOf(name) });
  const queueOf = (arn: string) => `${door.endpoint}/123456789012/${arn.split(':').at(-1)}`;
  /** What an event source mapping does, with the role of its function: hands over what is on the queue, and deletes what did not fail. */
  async function drain(name: string, over: Parameters<typeof start>[1] = {}) {
    const [, mapping] =
      account
        .all('AWS::Lambda::EventSourceMapping')
        .find(([, { FunctionName }]) => account.resolve(FunctionName) === name) ?? [];
    const QueueUrl = queueOf(account.resolve(mapping?.EventSourceArn));
    const taker = sqsAs(name);
    await taker.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const all = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
    const { Messages = [] } = await taker.send(new ReceiveMessageCommand({ QueueUrl, ...all }));
    await using lambda = await start(name, over);
    const outcome = await lambda.invoke({ Records: Messages.map(toRecord) });
    const failed = JSON.stringify(outcome);
    for (const { ReceiptHandle, MessageId = '' } of Messages)
      if (!failed.includes(MessageId)) await taker.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return { outcome, messages: Messages.map(({ Body = '' }) => JSON.parse(Body)), log: lambda.log() };
  }
  return {
    functions,
    tables,
    queueOf,
    door,
    environmentOf,
    statementsOf,
    sqsAs,
    account,
    secrets,
    /** What functions asked of Lambda, which hands events to nobody, and commands to `run-command`. */
    invoked,
    /** What came to platforms of chats from a function that is started with {@link toPlatforms}; a path begins with its host. */
    posted,
    toPlatforms: preload(
      `const real = fetch; globalThis.fetch = (url, init) => real(String(url).replace('https:/', '${platforms.base}'), init);`,
    ),
    /** The URL of a server for one of those whose sessions are ended. */
    as: (user: (typeof USERS)[number], url = '') => urlAs(url, user, ACCOUNT.password),
    drain,
    start,
    stop: () => {
      door.close();
      lambda.stop();
      platforms.stop();
      rmSync(outdir, { recursive: true, force: true });
    },
  };
}

/** A message as an event source mapping hands it over. */
const toRecord = ({ MessageId, ReceiptHandle, Body, Attributes }: Message) => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  attributes: Attributes,
  messageAttributes: {},
  eventSource: 'aws:sqs',
  awsRegion: 'us-east-1',
});

/** The account that {@link deploy} makes. */
export type Cloud = Awaited<ReturnType<typeof deploy>>;

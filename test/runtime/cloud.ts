import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createConnection } from 'mysql2/promise';
import { AUDIT_TABLE, STATE_TABLE } from '../../lib/state/tables.ts';
import { createTable } from '../aws/create-table.ts';
import type { DynamoDbLocal } from '../aws/dynamodb-local.ts';
import { urlAs } from '../engines/a-server.ts';
import type { EngineStatus } from '../engines/engine-status.ts';
import { type Answer, startFakeServer, type Taken } from '../support/chat/fake-server.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { type Circumstances, preload, startLambda } from './lambda.ts';
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

/** The account that the functions run in: secrets of the engines, tables, queues, and a Lambda that only takes invocations. */
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
  // Each platform's in a secret of its own.
  for (const [name, part] of Object.entries(CHAT_SECRETS)) await put(`warden-chats/${name}`, { [name]: part });
  const sqs = new SQSClient(options);
  const queue = async (QueueName: string) => {
    const Attributes = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
    return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  };
  const invoked: Taken[] = [];
  const lambda = await startFakeServer(async (taken): Promise<Answer> => {
    invoked.push(taken);
    if (taken.headers['x-amz-invocation-type'] === 'Event') return [202, ''];
    await using inside = await start('run-command');
    const outcome = await inside.invoke(taken.body);
    return 'answer' in outcome ? [200, outcome.answer] : [200, outcome.error];
  });
  const chats = Object.keys(CHAT_SECRETS);
  const posted: Taken[] = [];
  const platforms = await startFakeServer((taken) => {
    posted.push(taken);
    return [200, 'ok'];
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
    REAP_QUEUE_URL: await queue('reaps.fifo'),
    CHAT_QUEUE_URL: await queue('chat'),
    CHAT_WORKER_FUNCTION: 'chat-worker',
    RUN_COMMAND_FUNCTION: 'run-command',
  };
  function start(name: string, over: Partial<Circumstances> = {}) {
    const it = functions.get(name);
    if (it === undefined) throw new Error(`no function ${name}`);
    const own = chats.includes(name) ? [name] : chats;
    const CHAT_SECRET = own.map((one) => `warden-chats/${one}`).join();
    return startLambda(client, it, { ...over, environment: { ...environment, CHAT_SECRET, ...over.environment } });
  }
  return {
    functions,
    environment,
    sqs,
    secrets,
    /** What functions asked of Lambda, which hands events to nobody, and commands to `run-command`. */
    invoked,
    /** What came to platforms of chats from a function that is started with {@link toPlatforms}; a path begins with its host. */
    posted,
    toPlatforms: preload(
      `const real = fetch; globalThis.fetch = (url, init) => real(String(url).replace('https:/', '${platforms.base}'), init);`,
    ),
    /** The URL of a server for those whose idle sessions the reaper ends. */
    asIdle: (url = '') => urlAs(url, IDLE, ACCOUNT.password),
    start,
    stop: () => {
      lambda.stop();
      platforms.stop();
      rmSync(outdir, { recursive: true, force: true });
    },
  };
}

/** The account that {@link deploy} makes. */
export type Cloud = Awaited<ReturnType<typeof deploy>>;

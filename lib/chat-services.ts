import { readFile } from 'node:fs/promises';
import type { ChatJob } from './chatops/job.ts';
import { createPoster } from './chatops/poster.ts';
import type { ReceiverServices } from './chatops/receive.ts';
import { type ChatSecrets, parseChatSecrets } from './chatops/secrets.ts';
import type { WorkerServices } from './chatops/work.ts';
import { AppError } from './errors.ts';

type Env = Readonly<NodeJS.ProcessEnv>;

function named(env: Env, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new AppError('configuration-invalid', { detail: `${name} is not set.` });
}

async function readSecrets(env: Env): Promise<ChatSecrets> {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const command = new GetSecretValueCommand({ SecretId: named(env, 'CHAT_SECRET') });
  const { SecretString } = await new SecretsManagerClient({}).send(command).catch((cause: unknown) => {
    throw new AppError('credentials-unavailable', { cause });
  });
  return parseChatSecrets(SecretString ?? '');
}

async function loadReceiver(env: Env): Promise<ReceiverServices> {
  const [secrets, { DynamoDBClient }, { LambdaClient, InvokeCommand }, { dynamoReplayStore }] = await Promise.all([
    readSecrets(env),
    import('@aws-sdk/client-dynamodb'),
    import('@aws-sdk/client-lambda'),
    import('./chatops/stores/dynamo-stores.ts'),
  ]);
  const lambda = new LambdaClient({});
  const FunctionName = named(env, 'CHAT_WORKER_FUNCTION');
  return {
    secrets,
    replays: dynamoReplayStore(new DynamoDBClient({}), named(env, 'STATE_TABLE')),
    // Taken into Lambda's own queue: from here on a frozen function loses nothing.
    handOver: async (job: ChatJob) => {
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(job) }));
    },
    now: () => new Date(),
  };
}

async function loadWorker(env: Env): Promise<WorkerServices> {
  const file = env['WARDEN_CONFIG'] ?? 'warden.yaml';
  const [secrets, text, { LambdaClient, InvokeCommand }, { parseConfig }] = await Promise.all([
    readSecrets(env),
    readFile(file, 'utf8'),
    import('@aws-sdk/client-lambda'),
    import('./config.ts'),
  ]);
  const lambda = new LambdaClient({});
  const FunctionName = named(env, 'RUN_COMMAND_FUNCTION');
  return {
    config: parseConfig(text, file),
    secrets,
    poster: createPoster(),
    runCommand: async (event) => {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
      );
      if (FunctionError !== undefined || Payload === undefined) throw new AppError('internal');
      return JSON.parse(Buffer.from(Payload).toString('utf8'));
    },
  };
}

/** Made once for each Lambda environment; a failure is not kept. */
function once<T>(make: (env: Env) => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make(process.env).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** What the receiving functions need, from `CHAT_SECRET`, `STATE_TABLE` and `CHAT_WORKER_FUNCTION`. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export const receiverServices = once(loadReceiver);

/** What the worker needs, from `CHAT_SECRET`, `WARDEN_CONFIG` and `RUN_COMMAND_FUNCTION`. @throws as {@link receiverServices} */
export const workerServices = once(loadWorker);

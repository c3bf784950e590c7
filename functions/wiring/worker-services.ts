import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { parseChatSecrets } from '../../lib/chatops/channels/load-channel.ts';
import type { HandOver } from '../../lib/chatops/worker/hand-over.ts';
import { createPoster } from '../../lib/chatops/worker/poster.ts';
import type { WorkerServices, WorkerState } from '../../lib/chatops/worker/work.ts';
import { AppError } from '../../lib/errors.ts';
import { once, readChatSecrets } from './chat-secrets.ts';
import { AWS_LIMITS, type Env, loadOnce, named, RUN_COMMAND_LIMITS } from './environment.ts';
import { loadConfig } from './load-config.ts';

async function loadWorker(env: Env): Promise<WorkerServices> {
  const [secrets, config] = await Promise.all([readChatSecrets(env, parseChatSecrets), loadConfig(env)]);
  const lambda = new LambdaClient(RUN_COMMAND_LIMITS);
  const FunctionName = named(env, 'RUN_COMMAND_FUNCTION');
  const queue = loadOnce(loadQueue);
  return {
    config,
    secrets,
    poster: createPoster(),
    state: loadOnce(loadState),
    runCommand: async (event) => {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
      );
      if (FunctionError !== undefined || Payload === undefined) throw new AppError('internal');
      return JSON.parse(Buffer.from(Payload).toString('utf8'));
    },
    later: async (job) => (await queue())(job),
  };
}

/** Loaded with the first answer that its platform did not take. */
async function loadQueue(env: Env): Promise<HandOver> {
  const url = named(env, 'CHAT_QUEUE_URL');
  const { SQSClient, createSqsHandOver } = await import('../../lib/chatops/worker/hand-over.ts');
  return createSqsHandOver({ client: new SQSClient(AWS_LIMITS), url });
}

/** Loaded with the first message from inside. */
async function loadState(env: Env): Promise<WorkerState> {
  const table = named(env, 'STATE_TABLE');
  const [{ DynamoDBClient, dynamoReplayStore }, { createDynamoDbWarningStore }] = await Promise.all([
    import('../../lib/state/dynamodb-chat-stores.ts'),
    import('../../lib/state/dynamodb-warning-store.ts'),
  ]);
  const client = new DynamoDBClient(AWS_LIMITS);
  return {
    replays: dynamoReplayStore(client, table),
    warnings: createDynamoDbWarningStore({ client, table }),
  };
}

/** What the worker needs, from `CHAT_SECRET`, `WARDEN_CONFIG`, `RUN_COMMAND_FUNCTION` and, for what is posted later, `STATE_TABLE` and `CHAT_QUEUE_URL`. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export const workerServices = once(loadWorker);

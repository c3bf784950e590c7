import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AWS_LIMITS } from './aws-limits.ts';
import { once, readChatSecrets } from './chat-environment.ts';
import type { ChannelAbout } from './chatops/channel-about.ts';
import type { ChatJob } from './chatops/job.ts';
import type { ReceiverServices } from './chatops/receive.ts';
import { readSecrets } from './chatops/secrets.ts';
import { dynamoReplayStore } from './chatops/stores/dynamo-stores.ts';
import { type Env, named } from './function-environment.ts';

async function loadReceiver(env: Env, about: ChannelAbout): Promise<ReceiverServices> {
  const secrets = await readChatSecrets(env, (json) => readSecrets(json, [about], 'leave'));
  const lambda = new LambdaClient(AWS_LIMITS);
  const FunctionName = named(env, 'CHAT_WORKER_FUNCTION');
  return {
    secrets,
    replays: dynamoReplayStore(new DynamoDBClient(AWS_LIMITS), named(env, 'STATE_TABLE')),
    // Taken into Lambda's own queue: from here on a frozen function loses nothing.
    handOver: async (job: ChatJob) => {
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(job) }));
    },
    now: () => new Date(),
  };
}

/** What the function of one channel needs, with its own secret alone, from `CHAT_SECRET`, `STATE_TABLE` and `CHAT_WORKER_FUNCTION`. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export const receiverServices = (about: ChannelAbout): (() => Promise<ReceiverServices>) =>
  once((env) => loadReceiver(env, about));

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AWS_LIMITS } from './aws-limits.ts';
import { once, readChatSecrets } from './chat-environment.ts';
import type { ChatJob } from './chatops/job.ts';
import type { ReceiverServices } from './chatops/receive.ts';
import { dynamoReplayStore } from './chatops/stores/dynamo-stores.ts';
import { type Env, named } from './function-environment.ts';

async function loadReceiver(env: Env): Promise<ReceiverServices> {
  const secrets = await readChatSecrets(env);
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

/** What the receiving functions need, from `CHAT_SECRET`, `STATE_TABLE` and `CHAT_WORKER_FUNCTION`. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export const receiverServices = once(loadReceiver);

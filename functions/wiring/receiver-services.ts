import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type Channel, readSecrets } from '../../lib/chatops/channels/channel.ts';
import type { ChannelAbout } from '../../lib/chatops/channels/channel-about.ts';
import { chatPipeline, type ReceiverServices } from '../../lib/chatops/receiver/receive.ts';
import type { ChatJob } from '../../lib/chatops/worker/hand-over.ts';
import { AppError } from '../../lib/errors.ts';
import { dynamoReplayStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { once, readChatSecrets } from './chat-secrets.ts';
import { AWS_LIMITS, type Env, named } from './environment.ts';

async function loadReceiver(env: Env, about: ChannelAbout): Promise<ReceiverServices> {
  const secrets = await readChatSecrets(env, (json) => readSecrets(json, [about], 'leave'));
  const lambda = new LambdaClient(AWS_LIMITS);
  const FunctionName = named(env, 'CHAT_WORKER_FUNCTION');
  return {
    secrets,
    replays: dynamoReplayStore(new DynamoDBClient(AWS_LIMITS), named(env, 'STATE_TABLE')),
    // Taken into Lambda's own queue: from here on a frozen function loses nothing.
    handOver: async (job: ChatJob) => {
      const invoke = new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(job) });
      await lambda.send(invoke).catch((cause: unknown) => {
        throw new AppError('state-unavailable', { cause, detail: 'The worker did not take the request.' });
      });
    },
    now: () => new Date(),
  };
}

/** What the function of one channel needs, with its own secret alone, from `CHAT_SECRET`, `STATE_TABLE` and `CHAT_WORKER_FUNCTION`. @throws AppError `configuration-invalid`, `credentials-unavailable` */
export const receiverServices = (about: ChannelAbout): (() => Promise<ReceiverServices>) =>
  once((env) => loadReceiver(env, about));

/**
 * POST /chat/<channel>: takes what a platform, a machine or an alerter sends, hands over what is verified, and answers at
 * once. A function for each channel, each with that channel's code alone: infra/chat.ts writes what Lambda calls.
 */
export const createHandler = (channel: Channel, load?: () => Promise<ReceiverServices>) =>
  chatPipeline(channel, load ?? receiverServices(channel.about));

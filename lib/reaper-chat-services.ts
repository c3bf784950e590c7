import { AWS_LIMITS } from './aws-limits.ts';
import type { WardenConfig } from './config.ts';
import { type Env, named } from './function-environment.ts';
import type { ReaperChat } from './reaper/reaper-chat.ts';

/**
 * How reapers talk to people on AWS: warnings and requests in `STATE_TABLE`, messages by the queue at `CHAT_QUEUE_URL`.
 *
 * @throws AppError `configuration-invalid`
 */
export async function loadReaperChat(env: Env, config: WardenConfig): Promise<ReaperChat> {
  const [table, url] = [named(env, 'STATE_TABLE'), named(env, 'CHAT_QUEUE_URL')];
  const [stores, warnings, queue, { createReaperMessages }] = await Promise.all([
    import('./chatops/stores/dynamo-stores.ts'),
    import('./reaper/warn/dynamodb-warning-store.ts'),
    import('./chatops/sqs-hand-over.ts'),
    import('./chatops/reaper-messages.ts'),
  ]);
  const client = new stores.DynamoDBClient(AWS_LIMITS);
  const requests = stores.dynamoRequestStore(client, table);
  const handOver = queue.createSqsHandOver({ client: new queue.SQSClient(AWS_LIMITS), url });
  return {
    warnings: warnings.createDynamoDbWarningStore({ client, table }),
    messages: createReaperMessages({ config, requests, handOver }),
  };
}

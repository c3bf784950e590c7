import type { WardenConfig } from '../../lib/config/config.ts';
import type { ReaperChat } from '../../lib/reaper/reaper-chat.ts';
import { AWS_LIMITS, type Env, named } from './environment.ts';

/**
 * How reapers talk to people on AWS: warnings and requests in `STATE_TABLE`, messages by the queue at `CHAT_QUEUE_URL`.
 *
 * @throws AppError `configuration-invalid`
 */
export async function loadReaperChat(env: Env, config: WardenConfig): Promise<ReaperChat> {
  const [table, url] = [named(env, 'STATE_TABLE'), named(env, 'CHAT_QUEUE_URL')];
  const [stores, warnings, queue, { createReaperMessages }, { createQuestions }] = await Promise.all([
    import('../../lib/state/dynamodb-chat-stores.ts'),
    import('../../lib/state/dynamodb-warning-store.ts'),
    import('../../lib/chatops/worker/hand-over.ts'),
    import('../../lib/chatops/messages/reaper-messages.ts'),
    import('../../lib/chatops/questions.ts'),
  ]);
  const client = new stores.DynamoDBClient(AWS_LIMITS);
  const requests = stores.dynamoRequestStore(client, table);
  const handOver = queue.createSqsHandOver({ client: new queue.SQSClient(AWS_LIMITS), url });
  return {
    warnings: warnings.createDynamoDbWarningStore({ client, table }),
    messages: createReaperMessages({ config, requests, handOver }),
    questions: createQuestions(requests, handOver),
  };
}

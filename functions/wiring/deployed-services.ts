import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { WardenConfig } from '../../lib/config/config.ts';
import { AppError } from '../../lib/errors.ts';
import type { ReaperChat } from '../../lib/reaper/reaper-chat.ts';
import { createServices, type Services } from '../../lib/services.ts';
import type { KillCounter } from '../../lib/sessions/kill/kill-limit.ts';
import { createDynamoDbKillCounter } from '../../lib/state/dynamodb-kill-counter.ts';
import { createIdempotency, type Idempotency } from '../../lib/state/idempotency.ts';
import { AWS_LIMITS, type Env, loadOnce, named } from './environment.ts';
import { readEnvironment } from './outside-services.ts';

/** Keys in `STATE_TABLE`, whose client is loaded with the first request that bears one. */
function idempotencyOf({ STATE_TABLE: table }: Env): Idempotency | undefined {
  if (!table) return undefined;
  return createIdempotency(async () => {
    const { DynamoDBPersistenceLayer } = await import('@aws-lambda-powertools/idempotency/dynamodb');
    return new DynamoDBPersistenceLayer({ tableName: table, clientConfig: AWS_LIMITS });
  });
}

/** Kills in `STATE_TABLE`, which all functions share, by a client that is made with the first; without it kills cannot be counted, and nothing is ended. */
function killCounterOf({ STATE_TABLE: table }: Env): KillCounter {
  if (table) {
    let counter: KillCounter | undefined;
    return {
      take: (...kills) => {
        counter ??= createDynamoDbKillCounter({ client: new DynamoDBClient(AWS_LIMITS), table });
        return counter.take(...kills);
      },
    };
  }
  const unset = new AppError('configuration-invalid', { detail: 'STATE_TABLE is not set.' });
  return { take: () => Promise.reject(unset) };
}

/**
 * How reapers talk to people on AWS: warnings and requests in `STATE_TABLE`, messages by the queue at `CHAT_QUEUE_URL`.
 *
 * @throws AppError `configuration-invalid`
 */
async function loadReaperChat(env: Env, config: WardenConfig): Promise<ReaperChat> {
  const [table, url] = [named(env, 'STATE_TABLE'), named(env, 'CHAT_QUEUE_URL')];
  const [stores, warnings, queue, { createQuestions, createReaperMessages }] = await Promise.all([
    import('../../lib/state/dynamodb-chat-stores.ts'),
    import('../../lib/state/dynamodb-warning-store.ts'),
    import('../../lib/chatops/worker/hand-over.ts'),
    import('../../lib/chatops/messages/reaper-messages.ts'),
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

async function loadServices(env: Env): Promise<Services> {
  const { config, targets, audit, stops } = await readEnvironment(env);
  const reaperChat = loadOnce(() => loadReaperChat(env, config));
  return createServices(config, targets, audit, idempotencyOf(env), stops, reaperChat, killCounterOf(env));
}

/**
 * What the use cases need, made once for each Lambda environment from `WARDEN_CONFIG` (a file's path, default
 * `warden.yaml`), `SECRET_PREFIX` and `SECRET_TAG`.
 *
 * @throws AppError `configuration-invalid`; the next call tries again
 */
export const services: () => Promise<Services> = loadOnce(loadServices);

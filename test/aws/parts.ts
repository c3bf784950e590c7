/** What our code has on AWS's clients, and the clients. */

export { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
export { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
export { SQSClient } from '@aws-sdk/client-sqs';
export * as planner from '../../functions/plan-reaps.ts';
export { toItem } from '../../lib/audit/dynamodb/audit-item.ts';
export { writeIntent } from '../../lib/audit/dynamodb/write-intents.ts';
export { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
export { createSqsHandOver } from '../../lib/chatops/worker/hand-over.ts';
export { createSqsReapQueue } from '../../lib/fleet/sqs-reap-queue.ts';
export { dynamoReplayStore, dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
export { createDynamoDbKillCounter } from '../../lib/state/dynamodb-kill-counter.ts';
export { createDynamoDbStopStore } from '../../lib/state/dynamodb-stop-store.ts';
export { createDynamoDbWarningStore } from '../../lib/state/dynamodb-warning-store.ts';
export { createSecretsManagerDirectory } from '../../lib/targets/secrets-manager.ts';

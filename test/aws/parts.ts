/** What our code has on AWS's clients, and the clients. */

export { DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
export { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
export { SQSClient } from '@aws-sdk/client-sqs';
export * as planner from '../../functions/plan-reaps.ts';
export { toItem } from '../../lib/audit/dynamodb/audit-item.ts';
export { writeIntent } from '../../lib/audit/dynamodb/write-intents.ts';
export { createDynamoDbAuditStore } from '../../lib/audit/dynamodb-audit-store.ts';
export { createSqsHandOver } from '../../lib/chatops/sqs-hand-over.ts';
export { dynamoReplayStore, dynamoRequestStore } from '../../lib/chatops/stores/dynamo-stores.ts';
export { createSecretsManagerDirectory } from '../../lib/credentials/secrets-manager.ts';
export { createDynamoDbStopStore } from '../../lib/dynamodb-stop-store.ts';
export { createDynamoDbKillCounter } from '../../lib/fleet/dynamodb-kill-counter.ts';
export { createSqsReapQueue } from '../../lib/fleet/sqs-reap-queue.ts';
export { outsideServices } from '../../lib/outside-services.ts';
export { plannerServices } from '../../lib/planner-services.ts';
export { createDynamoDbWarningStore } from '../../lib/reaper/warn/dynamodb-warning-store.ts';

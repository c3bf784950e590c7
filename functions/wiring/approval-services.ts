import type { ApprovalServices } from '../../lib/chatops/commands/get-approval.ts';
import { DynamoDBClient, dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { AWS_LIMITS, loadOnce, named } from './environment.ts';
import { loadConfig } from './load-config.ts';

/** What `get-approval` needs: the rules, and the requests of `STATE_TABLE`. @throws AppError `configuration-invalid` */
export const approvalServices = loadOnce(async (env): Promise<ApprovalServices> => {
  const config = await loadConfig(env);
  const requests = dynamoRequestStore(new DynamoDBClient(AWS_LIMITS), named(env, 'STATE_TABLE'));
  return { config, reaperChat: async () => ({ questions: { requests } }) };
});

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CommandServices } from '../../lib/chatops/commands/ports.ts';
import { useCasePorts } from '../../lib/chatops/commands/ports.ts';
import { dynamoRequestStore } from '../../lib/state/dynamodb-chat-stores.ts';
import { services } from './deployed-services.ts';
import { AWS_LIMITS, loadOnce, named } from './environment.ts';

/** What `run-command` needs: the use cases' services and the requests of `STATE_TABLE`. @throws AppError `configuration-invalid` */
export const commandServices = loadOnce(async (env): Promise<CommandServices> => {
  const table = named(env, 'STATE_TABLE');
  const base = await services();
  return {
    ...base,
    ...useCasePorts(base),
    requests: dynamoRequestStore(new DynamoDBClient(AWS_LIMITS), table),
    now: Date.now,
  };
});

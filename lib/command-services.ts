import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AWS_LIMITS } from './aws-limits.ts';
import type { CommandServices } from './chatops/ports.ts';
import { dynamoRequestStore } from './chatops/stores/dynamo-stores.ts';
import { useCasePorts } from './chatops/use-case-ports.ts';
import { services } from './deployed-services.ts';
import { loadOnce, named } from './function-environment.ts';

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

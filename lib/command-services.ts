import { AWS_LIMITS } from './aws-limits.ts';
import type { CommandServices } from './chatops/ports.ts';
import { useCasePorts } from './chatops/use-case-ports.ts';
import { loadOnce, named } from './function-environment.ts';
import { services } from './services.ts';

/** What `run-command` needs: the use cases' services and the requests of `STATE_TABLE`. @throws AppError `configuration-invalid` */
export const commandServices = loadOnce(async (env): Promise<CommandServices> => {
  const table = named(env, 'STATE_TABLE');
  const [base, { DynamoDBClient }, { dynamoRequestStore }] = await Promise.all([
    services(),
    import('@aws-sdk/client-dynamodb'),
    import('./chatops/stores/dynamo-stores.ts'),
  ]);
  return {
    ...base,
    ...useCasePorts(base),
    requests: dynamoRequestStore(new DynamoDBClient(AWS_LIMITS), table),
    now: Date.now,
  };
});

import type { CommandServices } from './chatops/ports.ts';
import { useCasePorts } from './chatops/use-case-ports.ts';
import { AppError } from './errors.ts';
import { services } from './services.ts';

let loaded: Promise<CommandServices> | undefined;

async function load(): Promise<CommandServices> {
  const table = process.env['STATE_TABLE'];
  if (!table) throw new AppError('configuration-invalid', { detail: 'STATE_TABLE is not set.' });
  const [base, { DynamoDBClient }, { dynamoRequestStore }] = await Promise.all([
    services(),
    import('@aws-sdk/client-dynamodb'),
    import('./chatops/stores/dynamo-stores.ts'),
  ]);
  return { ...base, ...useCasePorts(base), requests: dynamoRequestStore(new DynamoDBClient({}), table), now: Date.now };
}

/** What `run-command` needs: the use cases' services and the requests of `STATE_TABLE`. @throws AppError `configuration-invalid` */
export function commandServices(): Promise<CommandServices> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

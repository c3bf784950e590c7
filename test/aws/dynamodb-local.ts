import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { RunningEmulator } from './emulator.ts';
import { startJavaEmulator } from './java-emulator.ts';

/** A running DynamoDB Local. */
export interface DynamoDbLocal extends RunningEmulator {
  readonly client: DynamoDBClient;
}

/** Starts DynamoDB Local in memory. `skipped` says why where the machine cannot. */
export async function startDynamoDbLocal(): Promise<{ readonly dynamodb?: DynamoDbLocal; readonly skipped?: string }> {
  try {
    const { endpoint, stop } = await startJavaEmulator({
      artifact: 'com.amazonaws:DynamoDBLocal:2.6.1',
      options: (home) => [`-Dsqlite4java.library.path=${home}`],
      main: 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner',
      args: (port) => ['-inMemory', '-disableTelemetry', '-port', String(port)],
      knock: async (at) => {
        const asking = dynamoDbClient(at);
        await asking.send(new ListTablesCommand({ Limit: 1 })).finally(() => asking.destroy());
      },
    });
    return { dynamodb: { endpoint, client: dynamoDbClient(endpoint), stop } };
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : error;
    return { skipped: `DynamoDB Local does not run here: ${why}` };
  }
}

/** A client of it, with credentials of nobody. */
export const dynamoDbClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

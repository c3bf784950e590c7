import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { cacheDir } from '../../local/cache-dir.ts';
import { freePort } from '../../local/free-port.ts';
import { startWatchdog } from '../../local/kernel/watchdog.ts';
import { installOnce } from '../support/install-once.ts';

/** A running DynamoDB Local. */
export interface DynamoDbLocal {
  /** For `endpoint` of AWS clients. */
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly stop: () => Promise<void>;
}

const VERSION = '2.6.1';
const START_MS = 30_000;
const run = promisify(execFile);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>session-warden</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
<dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId>
<version>${VERSION}</version></dependency></dependencies></project>`;

/**
 * Starts DynamoDB Local in memory on a free loopback port; Maven fetches it into the cache folder the first time.
 * `skipped` says why where the machine cannot: no Java, no Maven, or no way to its repository.
 */
export async function startDynamoDbLocal(): Promise<{ readonly dynamodb?: DynamoDbLocal; readonly skipped?: string }> {
  try {
    await run('java', ['-version']);
    return { dynamodb: await serve(await install()) };
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

/** The folder that has the program. */
const install = (): Promise<string> =>
  installOnce(cacheDir(), `dynamodb-local-${VERSION}`, '.', async (draft) => {
    writeFileSync(join(draft, 'pom.xml'), POM);
    await run('mvn', ['-B', '-q', 'dependency:copy-dependencies', '-DoutputDirectory=.', '-DincludeScope=runtime'], {
      cwd: draft,
    });
  });

async function serve(home: string): Promise<DynamoDbLocal> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // The watchdog knows the process by this path, and removes what is there, which is nothing.
  const mark = join(tmpdir(), `warden-dynamodb-${port}`);
  const options = [
    `-Dwarden=${mark}`,
    '-XX:-UsePerfData',
    `-Dsqlite4java.library.path=${home}`,
    '-cp',
    join(home, '*'),
  ];
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const server = spawn('java', [...options, main, '-inMemory', '-disableTelemetry', '-port', String(port)], {
    cwd: home,
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const kill = () => void server.kill('SIGKILL');
  // A file whose tests are all skipped runs no hook, and a worker that is ended no listener.
  const endWatch = server.pid === undefined ? () => {} : startWatchdog(server.pid, mark);
  const client = dynamoDbClient(endpoint);
  const stop = async () => {
    client.destroy();
    kill();
    await ended;
    endWatch();
  };
  for (const end = Date.now() + START_MS; Date.now() < end && server.exitCode === null; ) {
    const isUp = await client.send(new ListTablesCommand({ Limit: 1 })).then(
      () => true,
      () => false,
    );
    if (isUp) return { endpoint, client, stop };
    await sleep(50);
  }
  await stop();
  throw new Error('the server did not come up');
}

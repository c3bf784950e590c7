import { type ChildProcess, spawn } from 'node:child_process';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { AUDIT_TABLE, STATE_TABLE } from '../../../lib/state/tables.ts';
import { createTable } from '../../aws/create-table.ts';
import type { DynamoDbLocal } from '../../aws/dynamodb-local.ts';
import { aFifoQueue, sqsClient } from '../../aws/elasticmq.ts';
import type { FleetTarget } from './targets.ts';

/** What the deployment makes: secrets, tables, the queue with its dead-letter queue; and the environment that names them. */
export async function deployFleet(
  moto: string,
  elasticMq: string,
  dynamodb: DynamoDbLocal,
  config: string,
  targets: readonly FleetTarget[],
) {
  const env: Readonly<Record<string, string>> = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: moto,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_SQS: elasticMq,
    SECRET_PREFIX: 'fleet/',
    WARDEN_CONFIG: config,
    STATE_TABLE: await createTable(dynamodb.client, 'fleet-state', STATE_TABLE),
    AUDIT_TABLE: await createTable(dynamodb.client, 'fleet-audit', AUDIT_TABLE),
  };
  const client = { endpoint: moto, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const secrets = new SecretsManagerClient(client);
  for (const { name, port, password } of targets) {
    const login = { engine: 'mysql', host: '127.0.0.1', port, username: name, password, tls: 'off' };
    await secrets.send(new CreateSecretCommand({ Name: `fleet/${name}`, SecretString: JSON.stringify(login) }));
  }
  const sqs = sqsClient(elasticMq);
  const { url, dead } = await aFifoQueue(sqs, 20);

  const workers = new Set<ChildProcess>();
  const all = { ...env, REAP_QUEUE_URL: url };
  return {
    env: all,
    startWorker(journal: string): ChildProcess {
      const file = new URL('worker.ts', import.meta.url).pathname;
      const worker = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, journal], {
        env: { ...process.env, ...all },
        stdio: process.env['FLEET_DEBUG'] ? 'inherit' : 'ignore',
      });
      workers.add(worker);
      return worker;
    },
    /** Messages that wait or are being worked on. */
    async left(): Promise<number> {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }));
      return names.reduce((sum, name) => sum + Number(answer.Attributes?.[name]), 0);
    },
    async deadLetters(): Promise<readonly string[]> {
      const bodies: string[] = [];
      for (;;) {
        const what = { QueueUrl: dead, MaxNumberOfMessages: 10 };
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(what));
        if (Messages.length === 0) return bodies;
        bodies.push(...Messages.map(({ Body = '' }) => Body));
        // It shows no second message of a target either while the first is out.
        for (const { ReceiptHandle } of Messages)
          await sqs.send(new DeleteMessageCommand({ QueueUrl: dead, ReceiptHandle }));
      }
    },
    stop(): void {
      for (const worker of workers) worker.kill('SIGKILL');
    },
  };
}

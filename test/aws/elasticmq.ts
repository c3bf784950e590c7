import { CreateQueueCommand, GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { MAX_RECEIPTS } from '../../lib/fleet/reap-order.ts';
import type { RunningEmulator } from './emulator.ts';
import { startJavaEmulator } from './java-emulator.ts';

/** Starts ElasticMQ: SQS with groups, deduplication and dead-letter queues of FIFO queues. `skipped` says why where the machine cannot. */
export async function startElasticMq(): Promise<{ readonly elasticMq?: RunningEmulator; readonly skipped?: string }> {
  try {
    const elasticMq = await startJavaEmulator({
      artifact: 'org.elasticmq:elasticmq-server_2.13:1.7.1',
      options: (_, port) => [
        `-Drest-sqs.bind-port=${port}`,
        '-Drest-sqs.bind-hostname=127.0.0.1',
        '-Dnode-address.host=127.0.0.1',
        `-Dnode-address.port=${port}`,
        '-Drest-stats.enabled=false',
      ],
      main: 'org.elasticmq.server.Main',
      args: () => [],
      knock: async (at) => {
        const asking = sqsClient(at);
        await asking.send(new ListQueuesCommand({})).finally(() => asking.destroy());
      },
    });
    return { elasticMq };
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : error;
    return { skipped: `ElasticMQ does not run here: ${why}` };
  }
}

/** A client of it, with credentials of nobody. */
export const sqsClient = (endpoint = 'http://127.0.0.1:1'): SQSClient =>
  new SQSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });

/** A FIFO queue with its dead-letter queue, as the deployment makes them. @param visibility - seconds */
export async function aFifoQueue(
  sqs: SQSClient,
  visibility: number,
): Promise<{ readonly url: string; readonly dead: string }> {
  const name = crypto.randomUUID();
  const { QueueUrl: dead = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: `${name}-dead.fifo`, Attributes: { FifoQueue: 'true' } }),
  );
  const arn = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }));
  const redrive = { deadLetterTargetArn: arn.Attributes?.['QueueArn'], maxReceiveCount: MAX_RECEIPTS };
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `${name}.fifo`,
      Attributes: {
        FifoQueue: 'true',
        VisibilityTimeout: String(visibility),
        RedrivePolicy: JSON.stringify(redrive),
      },
    }),
  );
  return { url, dead };
}

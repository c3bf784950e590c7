import { appendFileSync } from 'node:fs';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import { createHandler } from '../../../functions/reap-target.ts';
import { fleetServices } from '../../../lib/fleet-services.ts';

/** A worker as Lambda runs it: takes batches, calls the function, and deletes what did not fail. Ends only when it is killed. */
const [journal = ''] = process.argv.slice(2);
const url = process.env['REAP_QUEUE_URL'];
const sqs = new SQSClient({});
const base = await fleetServices();
const write = (target: string, what: 'open' | 'close') =>
  appendFileSync(journal, `${JSON.stringify({ target, what, at: Date.now() })}\n`);

const services = {
  ...base,
  open: async (...[target, correlationId]: Parameters<typeof base.open>) => {
    write(target.name, 'open');
    try {
      const database = await base.open(target, correlationId);
      // Told before the lease can be given back.
      const close = database.close.bind(database);
      database.close = async () => {
        await close();
        write(target.name, 'close');
      };
      return database;
    } catch (error) {
      write(target.name, 'close');
      throw error;
    }
  },
};
const handler = createHandler(
  async () => services,
  async () => services,
);

for (;;) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  );
  if (Messages.length === 0) continue;
  const Records = Messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
  }));
  const { batchItemFailures } = (await handler({ Records })) as SQSBatchResponse;
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { MessageId = '', ReceiptHandle } of Messages)
    if (!failed.has(MessageId)) await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
}

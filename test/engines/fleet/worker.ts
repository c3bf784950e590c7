import { appendFileSync } from 'node:fs';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import { createHandler } from '../../../functions/reap-target.ts';
import { fleetServices } from '../../../functions/wiring/fleet-services.ts';
import { ILL_PREFIX } from './ill-prefix.ts';

/** A worker as Lambda runs it: takes batches, calls the function, and deletes what did not fail. Ends only when it is killed. */
const [journal = ''] = process.argv.slice(2);
const url = process.env['REAP_QUEUE_URL'];
const sqs = new SQSClient({});
const base = await fleetServices();
const write = (target: string, what: 'open' | 'close') =>
  appendFileSync(journal, `${JSON.stringify({ target, what, at: Date.now() })}\n`);

/** A failed message of an ill target waits a part of its time only, so that the test need not; it is told by its text. */
const HASTE = 16;
const ill = new Set<string>();
const hide = (handle: string, seconds: number) =>
  base.queue.hide(handle, ill.has(handle) ? Math.ceil(seconds / HASTE) : seconds);

const services = {
  ...base,
  queue: { ...base.queue, hide },
  open: async (...[target, correlationId]: Parameters<typeof base.open>) => {
    write(target.name, 'open');
    try {
      const database = await base.open(target, correlationId);
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
  for (const { ReceiptHandle = '', Body = '' } of Messages) if (Body.includes(ILL_PREFIX)) ill.add(ReceiptHandle);
  const Records = Messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
  }));
  const { batchItemFailures } = (await handler({ Records })) as SQSBatchResponse;
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  // SQS takes a second time what a batch that lasted has deleted itself; ElasticMQ refuses it.
  for (const { MessageId = '', ReceiptHandle } of Messages)
    if (!failed.has(MessageId))
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle })).catch(() => {});
}

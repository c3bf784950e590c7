import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { atEmulator, bothClients } from './both-clients.ts';
import { startMoto } from './moto.ts';

const { moto, skipped } = await startMoto();
afterAll(() => moto?.stop());
const sqs = new SQSClient(atEmulator(moto?.endpoint));

describe.skipIf(!moto).each(await bothClients())(
  `the queue of reapers in SQS (moto), by $clients${skipped ? ` - skipped: ${skipped}` : ''}`,
  ({ aws }) => {
    const aQueue = async () => {
      const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: crypto.randomUUID() }));
      const client = new aws.SQSClient({ ...atEmulator(moto?.endpoint), maxAttempts: 1 });
      const take = async () => {
        const ask = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 3_600 });
        return (await sqs.send(ask)).Messages ?? [];
      };
      return { url, queue: aws.createSqsReapQueue({ client, url }), take };
    };
    const order = (target: string) => ({
      target,
      reaper: 'idle',
      dueAt: '2026-11-24T12:00:00.000Z',
      planId: '2026-11-24T12:00Z',
    });

    it('takes more orders than SQS takes at once, in any letters, each once', async () => {
      const { queue, take } = await aQueue();
      const orders = Array.from({ length: 25 }, (_, at) => order(`größe-会话-${at}`));
      await queue.send(orders);

      const taken: unknown[] = [];
      for (let some = await take(); some.length > 0; some = await take())
        taken.push(...some.map(({ Body = '' }) => JSON.parse(Body)));
      expect(taken).toHaveLength(25);
      expect(taken).toEqual(expect.arrayContaining(orders));
    });

    it('hides a message for as long as it is told, at once for nothing', async () => {
      const { queue, take } = await aQueue();
      await queue.send([order('shop')]);
      const [first] = await take();
      expect(await take()).toEqual([]);
      await queue.hide(first?.ReceiptHandle ?? '', 0);
      expect(await take()).toMatchObject([{ MessageId: first?.MessageId }]);
      expect(await take()).toEqual([]);
    });

    it('says so where the queue is not there', async () => {
      const { url } = await aQueue();
      const client = new aws.SQSClient({ ...atEmulator(moto?.endpoint), maxAttempts: 1 });
      const gone = aws.createSqsReapQueue({ client, url: `${url}-gone` });
      await expect(gone.send([order('shop')])).rejects.toMatchObject({ code: 'state-unavailable' });
    });
  },
);

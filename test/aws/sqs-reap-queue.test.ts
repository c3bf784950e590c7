import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { createSqsReapQueue } from '../../lib/fleet/sqs-reap-queue.ts';
import { atEmulator } from './at-emulator.ts';
import { aFifoQueue, sqsClient, startElasticMq } from './elasticmq.ts';

const { elasticMq, skipped } = await startElasticMq();
afterAll(() => elasticMq?.stop());
const sqs = sqsClient(elasticMq?.endpoint);

describe.skipIf(!elasticMq)(`the queue of reapers in SQS (ElasticMQ)${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  const aQueue = async () => {
    const { url } = await aFifoQueue(sqs, 3_600);
    const client = new SQSClient({ ...atEmulator(elasticMq?.endpoint), maxAttempts: 1 });
    const take = async (most = 10) => {
      const ask = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: most });
      return (await sqs.send(ask)).Messages ?? [];
    };
    return { url, queue: createSqsReapQueue({ client, url }), take };
  };
  const order = (target: string, reaper = 'idle', minute = '00') => ({
    target,
    reaper,
    dueAt: `2026-11-24T12:${minute}:00.000Z`,
    planId: `2026-11-24T12:${minute}Z`,
  });
  const bodies = (messages: readonly { readonly Body?: string | undefined }[]) =>
    messages.map(({ Body = '' }) => JSON.parse(Body));

  it('takes more orders than SQS takes at once, in any letters, each once', async () => {
    const { queue, take } = await aQueue();
    const orders = Array.from({ length: 25 }, (_, at) => order(`größe 会话 ${at}${'x'.repeat(at * 10)}`));
    await queue.send(orders);

    const taken: unknown[] = [];
    for (let some = await take(); some.length > 0; some = await take()) taken.push(...bodies(some));
    expect(taken).toHaveLength(25);
    expect(taken).toEqual(expect.arrayContaining(orders));
  });

  it('gives a run once, however often it is planned, and another of its target, rule or time besides', async () => {
    const { queue, take } = await aQueue();
    const others = [order('shop', 'busy'), order('shop', 'idle', '01'), order('toys')];
    await Promise.all([queue.send([order('shop'), ...others]), queue.send([order('shop')])]);
    await queue.send([order('shop')]);
    const taken = bodies(await take());
    expect(taken).toHaveLength(4);
    expect(taken).toEqual(expect.arrayContaining([order('shop'), ...others]));
  });

  it('gives nothing more of a target while one of its messages is out, and holds up no other target', async () => {
    const { queue, take } = await aQueue();
    await queue.send([order('shop'), order('shop', 'busy'), order('toys')]);
    const [first] = await take(1);
    expect(bodies(await take())).toEqual([order('toys')]);
    expect(await take()).toEqual([]);
    await queue.done([first?.ReceiptHandle ?? '']);
    expect(bodies(await take())).toEqual([order('shop', 'busy')]);
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
    const client = new SQSClient({ ...atEmulator(elasticMq?.endpoint), maxAttempts: 1 });
    const gone = createSqsReapQueue({ client, url: `${url}-gone` });
    await expect(gone.send([order('shop')])).rejects.toMatchObject({ code: 'state-unavailable' });
  });
});

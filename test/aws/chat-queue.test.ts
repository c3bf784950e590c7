import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/chat-worker.ts';
import { anAnswer } from '../../lib/chatops/messages/answer.ts';
import type { ChatJob } from '../../lib/chatops/worker/hand-over.ts';
import { createSqsHandOver } from '../../lib/chatops/worker/hand-over.ts';
import { createPoster } from '../../lib/chatops/worker/poster.ts';
import { memoryReplayStore } from '../../lib/state/replay-store.ts';
import { memoryWarningStore } from '../../lib/state/warning-store.ts';
import { chatConfig } from '../support/chat/chat-config.ts';
import { CHAT_SECRETS } from '../support/chat/secrets.ts';
import { atEmulator } from './at-emulator.ts';
import { startMoto } from './moto.ts';

const { moto, skipped } = await startMoto();
afterAll(() => moto?.stop());
const sqs = new SQSClient(atEmulator(moto?.endpoint));

const job = (jobId: string, over: Partial<Extract<ChatJob, { do: 'post' }>> = {}): ChatJob => ({
  do: 'post',
  requestId: `run-${jobId}`,
  jobId,
  to: { channel: 'place', place: 'slack:ops' },
  answer: anAnswer(`message ${jobId}`, { audience: 'all' }),
  warnings: [],
  ...over,
});

describe.skipIf(!moto)(`messages of reapers through SQS${skipped ? ` - skipped: ${skipped}` : ''}`, () => {
  /** What Slack answers next, 200 when there is none, and the titles that it took. */
  let answers: number[] = [];
  let asked: string[] = [];
  let taken: string[] = [];
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    const { text } = JSON.parse(String(init?.body));
    const status = answers.shift() ?? 200;
    asked.push(text);
    if (status === 200) taken.push(text);
    return new Response('ok', { status });
  };
  const state = { replays: memoryReplayStore(), warnings: memoryWarningStore() };
  const handler = createHandler(async () => ({
    config: chatConfig(),
    secrets: CHAT_SECRETS,
    poster: createPoster({ fetch, delaysMs: [1, 1] }),
    runCommand: () => Promise.reject(new Error('nobody asked')),
    state: async () => state,
    later: () => Promise.reject(new Error('nothing was answered')),
  }));
  beforeEach(() => {
    answers = [];
    asked = [];
    taken = [];
  });
  /** Sends the jobs through a queue, and hands all that arrives to the function as Lambda does. */
  const through = async (jobs: readonly ChatJob[]) => {
    const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: crypto.randomUUID() }));
    const send = createSqsHandOver({ client: new SQSClient(atEmulator(moto?.endpoint)), url });
    for (const one of jobs) await send(one);
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
    const Records = Messages.map(({ MessageId = '', Body = '' }) => ({ messageId: MessageId, body: Body }));
    const event = { Records } as unknown as SQSEvent;
    const failedOf = (answer: SQSBatchResponse | undefined) =>
      answer?.batchItemFailures.map(({ itemIdentifier: id }) => {
        const found = Records.find(({ messageId }) => messageId === id);
        return found === undefined ? id : (JSON.parse(found.body) as { jobId: string }).jobId;
      });
    const work = async () => failedOf((await handler(event)) as SQSBatchResponse | undefined);
    return { count: Records.length, work };
  };

  it('posts a doubled job once, however often and at the same time it comes', async () => {
    const { count, work } = await through([job('a'), job('a'), job('b')]);
    expect(count).toBe(3);
    // Of two at the same time one is told to come back, since nobody knows yet what becomes of the other.
    for (let round = 0; round < 3; round++) expect((await work())?.every((id) => id === 'a')).toBe(true);
    expect(taken.toSorted()).toEqual(['message a', 'message b']);
  });

  it('names what a platform that is down did not take, and posts it when it comes again', async () => {
    const { work } = await through([job('c')]);
    answers = [503, 503, 503];
    expect(await work()).toEqual(['c']);
    expect(asked).toHaveLength(3);
    expect(await work()).toEqual([]);
    expect(taken).toEqual(['message c']);
  });

  it.each([400, 404, 429, 302])(
    'does not send again what was answered with %i, and the queue keeps it no longer',
    async (status) => {
      const { work } = await through([job(`d${status}`)]);
      answers = [status];
      expect(await work()).toEqual([]);
      expect(asked).toHaveLength(1);
    },
  );

  it('a warning is told once its message was taken, and not before', async () => {
    const round = { askedAt: 1, extensions: 0, keptBy: null };
    for (const name of ['lost', 'posted', 'slow']) await state.warnings.ask(name, round, undefined, 3_600);
    const warns = (name: string) => job(name, { warnings: [{ name, askedAt: 1 }] });
    answers = [404];
    await (await through([warns('lost')])).work();
    const { work } = await through([warns('posted')]);
    await work();
    answers = [500, 500, 500];
    const slow = await through([warns('slow')]);
    expect(await slow.work()).toEqual(['slow']);
    const read = async () =>
      [...(await state.warnings.read(['lost', 'posted', 'slow'])).values()].map(({ toldAt }) => toldAt !== null);
    expect(await read()).toEqual([false, true, false]);
    await slow.work();
    expect(await read()).toEqual([false, true, true]);
  });
});

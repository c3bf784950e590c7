import { beforeEach, describe, expect, it } from 'vitest';
import { anAnswer } from '../../../../../lib/chatops/messages/answer.ts';
import type { ChatJob, HandOver } from '../../../../../lib/chatops/worker/hand-over.ts';
import { createPoster } from '../../../../../lib/chatops/worker/poster.ts';
import { workOnJob } from '../../../../../lib/chatops/worker/work.ts';
import { AppError } from '../../../../../lib/errors.ts';
import { memoryReplayStore } from '../../../../../lib/state/replay-store.ts';
import { memoryWarningStore } from '../../../../../lib/state/warning-store.ts';
import { NOW, type Request } from '../../../../support/chat/a-receiver.ts';
import { anAlert } from '../../../../support/chat/alert-messages.ts';
import { chatConfig } from '../../../../support/chat/chat-config.ts';
import { aCommand } from '../../../../support/chat/messages.ts';
import { receive } from '../../../../support/chat/received.ts';
import { CHAT_SECRETS } from '../../../../support/chat/secrets.ts';
import * as sign from '../../../../support/chat/sign.ts';
import { emitting } from '../../../../support/emitted.ts';

const { logged } = emitting();
/** What the platform answers next, 200 when there is none, and what it took. */
let statuses: (number | 'nothing')[] = [];
let taken: string[] = [];
let ran = 0;
let queued: ChatJob[] = [];
let later: HandOver;
beforeEach(() => {
  [statuses, taken, ran, queued] = [[], [], 0, []];
  later = async (job) => void queued.push(JSON.parse(JSON.stringify(job)));
});

const fetch: typeof globalThis.fetch = async (url, init) => {
  const status = statuses.shift() ?? 200;
  if (status === 'nothing') throw new TypeError('fetch failed');
  if (status === 200) taken.push(`${new URL(String(url)).pathname} ${JSON.parse(String(init?.body)).text}`);
  return new Response('ok', { status });
};
const state = { replays: memoryReplayStore(), warnings: memoryWarningStore() };
const services = {
  config: chatConfig(),
  secrets: CHAT_SECRETS,
  poster: createPoster({ fetch, delaysMs: [1, 1] }),
  runCommand: async () => {
    ran++;
    return anAnswer(`run ${ran}`);
  },
  state: async () => state,
  later: (job: ChatJob) => later(job),
};

/** A request that was taken, as its receiver hands it over. */
function jobOf(channel: 'slack' | 'alert', request: Request, source: string | null = null): ChatJob {
  const received = receive(channel, request, source);
  if (received.do !== 'work') throw new Error('no work');
  return { do: 'incoming', requestId: crypto.randomUUID(), channel, incoming: received.incoming };
}
const command = () => jobOf('slack', sign.signedBySlack(aCommand('sessions local'), NOW));
const codes = () => logged().map(({ code }) => code);

describe('an answer that its platform does not take at once', () => {
  it.each([503, 'nothing'] as const)(
    'is posted later where it met %s, once, and nothing is run again',
    async (fault) => {
      statuses = [fault, fault, fault];
      await workOnJob(services, command());
      expect([ran, taken, queued.length, codes()]).toEqual([1, [], 1, ['chat-unreachable']]);
      // The platform is still down when the queue brings it: it comes again, and then once more than it should.
      statuses = [503, 503, 503];
      const [job] = queued;
      if (job === undefined) throw new Error('unreachable');
      await expect(workOnJob(services, job)).rejects.toMatchObject({ code: 'chat-unreachable' });
      await workOnJob(services, job);
      await workOnJob(services, job);
      expect([ran, taken, queued.length]).toEqual([1, ['/commands/T0001/1/a run 1'], 1]);
    },
  );

  it('is each its own: of two requests with the same answer both are posted', async () => {
    for (const _ of [1, 2]) {
      statuses = [503, 503, 503];
      await workOnJob({ ...services, runCommand: async () => anAnswer('same') }, command());
    }
    for (const job of queued) await workOnJob(services, job);
    expect(taken).toEqual(['/commands/T0001/1/a same', '/commands/T0001/1/a same']);
  });

  it('goes no further where the platform refused it: the address is over, or the message is wrong', async () => {
    statuses = [404];
    await workOnJob(services, command());
    expect([ran, taken, queued, codes()]).toEqual([1, [], [], ['chat-failed']]);
  });

  it('is lost where the queue fails too, which the log says; the command is not run again for it', async () => {
    later = () => Promise.reject(new AppError('state-unavailable'));
    statuses = [503, 503, 503];
    await workOnJob(services, command());
    expect([ran, taken, codes()]).toEqual([1, [], ['chat-unreachable', 'state-unavailable']]);
  });

  it('may be that to an alert', async () => {
    statuses = [503, 503, 503];
    await workOnJob(services, jobOf('alert', sign.signedByAlerter(anAlert(), 'prod'), 'prod'));
    expect(queued).toMatchObject([{ do: 'post', to: { channel: 'place', place: 'slack:ops' } }]);
    for (const job of queued) await workOnJob(services, job);
    expect([ran, taken]).toEqual([1, ['/services/T0001/B1/x1 run 1']]);
  });
});

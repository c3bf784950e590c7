import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { createReaperMessages } from '../../../../../lib/chatops/messages/reaper-messages.ts';
import { runEnded } from '../../../../../lib/chatops/messages/run-ended.ts';
import type { ChatJob } from '../../../../../lib/chatops/worker/hand-over.ts';
import { createPoster } from '../../../../../lib/chatops/worker/poster.ts';
import { workOnJob } from '../../../../../lib/chatops/worker/work.ts';
import type { ReapReport, ReapVictim } from '../../../../../lib/reaper/report.ts';
import { memoryReplayStore } from '../../../../../lib/state/replay-store.ts';
import { memoryRequestStore } from '../../../../../lib/state/request-store.ts';
import { memoryWarningStore } from '../../../../../lib/state/warning-store.ts';
import { createLocalChat } from '../../../../../local/chat/local-chat.ts';
import { services as base } from '../../../../support/chat/a-runner.ts';
import { chatConfig } from '../../../../support/chat/chat-config.ts';
import { CHAT_SECRETS, RECEIVER_SECRET } from '../../../../support/chat/secrets.ts';
import { emitting } from '../../../../support/emitted.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const victim = (over: Partial<ReapVictim> = {}): ReapVictim => ({
  id: '7',
  tag: 'a-tag',
  user: 'app',
  host: '10.0.0.7:5',
  db: 'shop',
  command: 'Sleep',
  time: 700,
  reasons: ['idle: 11m 40s, wanted 10m or more'],
  outcome: 'terminated',
  proven: true,
  auditId: '01A',
  code: null,
  ...over,
});
const report = (victims: readonly ReapVictim[]): ReapReport => ({
  target: 'shop',
  reaper: 'idle-app',
  dryRun: false,
  kill: 'connection',
  sessions: 40,
  victims,
  spared: [{ id: '8', user: 'app', reason: 'ignored: user: app, wanted app' }],
  warned: [],
  undecidable: [],
  held: null,
  approval: null,
  digest: null,
});

describe('what a receiver is told of a run', () => {
  it.each([
    [{ outcome: 'terminated' }, true],
    [{ outcome: 'query-cancelled' }, true],
    [{ outcome: 'pending' }, true],
    [{ outcome: 'cut-another' }, true],
    // Sent, and no answer came: nobody knows.
    [{ outcome: null, code: 'target-timeout', auditId: '01B' }, true],
    [{ outcome: null, code: 'audit-unavailable', auditId: null }, false],
    [{ outcome: 'already-gone' }, false],
    [{ outcome: 'changed' }, false],
    [{ outcome: 'nothing-running' }, false],
    [{ outcome: 'refused' }, false],
  ] as const)('of a victim with %j: %s', (over, isTold) => {
    expect(runEnded(report([victim(over)]), 'run-1', NOW) !== null).toBe(isTold);
  });

  it('is each victim with its outcome, its record and its reasons, and nothing of other sessions', () => {
    const others = victim({ id: '9', outcome: 'changed', auditId: '01C' });
    const { tag: _, ...told } = victim();
    expect(runEnded(report([victim(), others]), 'run-1', NOW)).toEqual({
      type: 'reaper.ended',
      timestamp: '2026-03-01T12:00:00.000Z',
      data: {
        target: 'shop',
        reaper: 'idle-app',
        kill: 'connection',
        correlationId: 'run-1',
        victims: [told, { ...told, id: '9', outcome: 'changed', auditId: '01C' }],
        omitted: 0,
      },
    });
  });

  it('fits the queue, however many there are', () => {
    const many = Array.from({ length: 5_000 }, (_, at) => victim({ id: String(at), user: 'ü'.repeat(80) }));
    const event = runEnded(report(many), 'run-1', NOW);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(200_000);
    expect((event?.data.victims.length ?? 0) + (event?.data.omitted ?? 0)).toBe(5_000);
    expect(event?.data.victims.length).toBeGreaterThan(300);
  });
});

const { logged } = emitting();
let statuses: number[] = [];
let taken: { readonly url: string; readonly id: string; readonly event: unknown }[] = [];
beforeEach(() => {
  [statuses, taken] = [[], []];
});
/** A receiver that verifies as its owner would, with the official library. */
const fetch: typeof globalThis.fetch = async (url, init) => {
  const status = statuses.shift() ?? 204;
  const headers = Object.fromEntries(new Headers(init?.headers));
  const event = new Webhook(RECEIVER_SECRET).verify(String(init?.body), headers);
  if (status < 300) taken.push({ url: String(url), id: headers['webhook-id'] ?? '', event });
  return new Response(null, { status });
};

describe('what is handed over for a receiver', () => {
  const jobs: ChatJob[] = [];
  const messages = createReaperMessages({
    config: chatConfig(),
    requests: memoryRequestStore(),
    handOver: async (job) => void jobs.push(JSON.parse(JSON.stringify(job))),
  });
  const state = { replays: memoryReplayStore(), warnings: memoryWarningStore() };
  const services = {
    config: chatConfig(),
    secrets: CHAT_SECRETS,
    poster: createPoster({ fetch, delaysMs: [1, 1] }),
    runCommand: () => Promise.reject(new Error('unreachable')),
    state: async () => state,
    later: () => Promise.reject(new Error('unreachable')),
  };
  const jobOf = async (to: string, auditId: string): Promise<ChatJob> => {
    await messages.send({ to, correlationId: 'run-1', run: report([victim({ auditId })]) });
    const job = jobs.pop();
    if (job === undefined) throw new Error('nothing was handed over');
    return job;
  };

  it('is signed, sent to its address, and sent once however often the job comes', async () => {
    const job = await jobOf('webhook:pager', '01D');
    await workOnJob(services, job);
    await workOnJob(services, job);
    expect(taken).toMatchObject([{ url: 'https://pager.example/warden', event: { type: 'reaper.ended' } }]);
    expect(taken[0]?.id).toBe('jobId' in job ? job.jobId : '');
    // Another run under the same correlation ID, as after a message that came twice, is told too.
    await workOnJob(services, await jobOf('webhook:pager', '01E'));
    expect(taken).toHaveLength(2);
  });

  it.each([500, 404, 401, 429, 302])('comes again after %i, under the same ID', async (status) => {
    const job = await jobOf('webhook:pager', `status-${status}`);
    statuses = [status, status, status];
    await expect(workOnJob(services, job)).rejects.toMatchObject({ code: 'chat-unreachable' });
    expect(taken).toEqual([]);
    await workOnJob(services, job);
    expect(taken).toMatchObject([{ id: 'jobId' in job ? job.jobId : '' }]);
  });

  it.each(['webhook:gone', 'webhook:deployer', 'webhook:__proto__'])(
    'goes nowhere for %s, which is no receiver, and the log says so',
    async (to) => {
      await workOnJob(services, await jobOf(to, to));
      expect(taken).toEqual([]);
      expect(logged().at(-1)).toMatchObject({ code: 'chat-failed', detail: expect.stringContaining('no receiver') });
    },
  );

  it('comes again on one machine too, if it was not taken', async () => {
    const isTaken = Promise.withResolvers<void>();
    const { reaperChat } = createLocalChat({
      load: async () => base,
      secrets: () => CHAT_SECRETS,
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        if (answer.ok) isTaken.resolve();
        return answer;
      },
      againMs: 1,
    });
    statuses = [404, 404, 404];
    const { messages: local } = await reaperChat();
    await local.send({ to: 'webhook:pager', correlationId: 'run-2', run: report([victim()]) });
    await isTaken.promise;
    expect(taken).toHaveLength(1);
  });

  it('is nothing for a run that ended nothing', async () => {
    await messages.send({ to: 'webhook:pager', correlationId: 'run-1', run: report([]) });
    expect(jobs).toEqual([]);
  });
});

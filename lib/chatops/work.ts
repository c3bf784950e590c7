import type { WardenConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import type { LeaseStore } from '../fleet/lease.ts';
import type { WarningStore } from '../reaper/warn/warning.ts';
import { inCall } from '../telemetry/call.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import { count } from '../telemetry/samples.ts';
import { anAnswer, type ChatAnswer } from './answer.ts';
import type { Incoming, ReplyTo } from './channel.ts';
import { channelFor } from './channels.ts';
import { unforeseen } from './failure-answer.ts';
import type { ChatJob, InvokeRunCommand } from './job.ts';
import { postOnce } from './post-once.ts';
import type { Poster } from './poster.ts';
import { principalFromChat, unmapped } from './principal-from-chat.ts';
import type { RunEvent } from './run-event.ts';
import type { ChatSecrets } from './secrets.ts';

/** What the worker needs: platforms on one side, the function inside on the other, and no database. */
export interface WorkerServices {
  readonly config: Pick<WardenConfig, 'access' | 'chat'>;
  readonly secrets: ChatSecrets;
  readonly poster: Poster;
  readonly runCommand: InvokeRunCommand;
  /** Which messages from inside were posted, and whom they warned. @throws AppError `state-unavailable`, `configuration-invalid` */
  readonly state: () => Promise<WorkerState>;
}

/** What the worker remembers. */
export interface WorkerState {
  readonly leases: LeaseStore;
  readonly warnings: WarningStore;
}

/**
 * Does what was handed over: finds out who asks, has it run inside, and posts the answer; or posts a message from inside. A
 * failure is thrown only for what makes sense again later: such a message, where the platform or the store did not answer.
 * A command is never run again for an answer that was lost.
 *
 * @throws AppError `chat-unreachable`, `state-unavailable`
 */
export const workOnJob = (services: WorkerServices, job: ChatJob): Promise<void> =>
  inCall({ correlationId: job.requestId, name: 'job' }, async () => {
    try {
      await workOn(services, job);
    } catch (error) {
      const isFinal = job.do === 'incoming' || (error instanceof AppError && error.code === 'chat-failed');
      if (!isFinal) throw error;
      await logFailure(error, job.requestId);
    }
  });

async function workOn(services: WorkerServices, job: ChatJob): Promise<void> {
  if (job.do === 'post') return post(services, job);
  const { incoming } = job;
  if (incoming.kind === 'alert') return workOnAlert(services, job.requestId, incoming);
  const principal = principalFromChat(services.config, incoming.from);
  if (principal === undefined) {
    count('AuthenticationFailures', { reason: 'unmapped' });
    return deliver(services, incoming.to, unmapped(incoming.from));
  }
  const what =
    incoming.kind === 'message'
      ? ({ do: 'command', line: incoming.text } as const)
      : ({ do: 'click', click: incoming.click, request: incoming.request } as const);
  const answer = await run(services, job.requestId, { ...toEvent(principal), channel: job.channel, what });
  return deliver(services, incoming.to, answer);
}

async function post(services: WorkerServices, { jobId, to, answer, warnings: told }: PostJob): Promise<void> {
  const { leases, warnings } = await services.state();
  await postOnce(leases, jobId, () => deliver(services, to, answer));
  // Only now they are warned: what was not posted ends nobody.
  const at = Date.now();
  await Promise.all(told.map(({ name, askedAt }) => warnings.told(name, askedAt, at)));
}

type PostJob = Extract<ChatJob, { do: 'post' }>;
type Asker = NonNullable<ReturnType<typeof principalFromChat>>;

const toEvent = ({ source, subject, groups, claims, chat }: Asker): Pick<RunEvent, 'principal'> => ({
  principal: {
    source: source as RunEvent['principal']['source'],
    subject,
    groups: [...groups],
    claims: { ...claims },
    chat: { identities: [...(chat?.identities ?? [])], isMapped: chat?.isMapped === true },
  },
});

async function workOnAlert(
  services: WorkerServices,
  requestId: string,
  alert: Extract<Incoming, { kind: 'alert' }>,
): Promise<void> {
  const { alerts } = services.config.chat;
  const known = Object.hasOwn(alerts, alert.source) ? alerts[alert.source] : undefined;
  // Signed, and nobody said where it should go: nothing to do, and nobody to tell.
  if (known === undefined) return;
  const to: ReplyTo = { channel: 'place', place: known.post };
  const target = Object.hasOwn(alert.labels, known.target) ? alert.labels[known.target] : undefined;
  const title = alert.title.slice(0, 300) || 'An alert';
  if (target === undefined || target === '') {
    const lines = [`It has no label ${known.target}, which names the target.`];
    return deliver(services, to, anAnswer(`Alert: ${title}`, { lines }));
  }
  const subject = `alert/${alert.source}`;
  const principal = {
    source: 'webhook' as const,
    subject,
    groups: [...known.groups],
    claims: {},
    chat: { identities: [subject], isMapped: true },
  };
  const what = { do: 'alert' as const, target: target.slice(0, 256), title };
  return deliver(services, to, await run(services, requestId, { principal, channel: 'alert', what }));
}

/** A failure inside is told, with the ID that stands in the log. */
async function run(
  services: WorkerServices,
  requestId: string,
  event: Omit<RunEvent, 'requestId'>,
): Promise<ChatAnswer> {
  try {
    return await services.runCommand({ ...event, requestId });
  } catch (error) {
    await logFailure(error, requestId);
    return unforeseen(requestId);
  }
}

const deliver = ({ poster, secrets }: WorkerServices, to: ReplyTo, answer: ChatAnswer): Promise<void> =>
  channelFor(to).deliver(poster, secrets, to, answer);

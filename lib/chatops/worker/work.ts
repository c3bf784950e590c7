import type { WardenConfig } from '../../config/config.ts';
import { AppError } from '../../errors.ts';
import type { ReplayStore } from '../../state/replay-store.ts';
import type { WarningStore } from '../../state/warning-store.ts';
import { inCall } from '../../telemetry/call.ts';
import { logFailure } from '../../telemetry/log.ts';
import { count } from '../../telemetry/samples.ts';
import type { ChatSecrets, Incoming, ReplyTo } from '../channels/channel.ts';
import { channelFor, loadChannel } from '../channels/load-channel.ts';
import type { RunEvent } from '../commands/run-command.ts';
import {
  anAnswer,
  type ChatAnswer,
  MAX_COMMAND,
  MAX_REASON,
  plainText,
  tooLong,
  unforeseen,
} from '../messages/answer.ts';
import { principalFromChat, unmapped } from '../principal-from-chat.ts';
import { hashOf } from '../receiver/signed-request.ts';
import type { ChatJob, HandOver, InvokeRunCommand } from './hand-over.ts';
import type { Poster } from './poster.ts';

/** What the worker needs: platforms on one side, the function inside on the other, and no database. */
export interface WorkerServices {
  readonly config: Pick<WardenConfig, 'access' | 'chat'>;
  readonly secrets: ChatSecrets;
  readonly poster: Poster;
  readonly runCommand: InvokeRunCommand;
  /** Has an answer posted later, by the queue whose messages this worker takes. @throws AppError `state-unavailable` */
  readonly later: HandOver;
  /** Which messages from inside were posted, and whom they warned. @throws AppError `state-unavailable`, `configuration-invalid` */
  readonly state: () => Promise<WorkerState>;
}

/** What the worker remembers. */
export interface WorkerState {
  /** Which jobs were posted. */
  readonly replays: ReplayStore;
  readonly warnings: WarningStore;
}

/**
 * Does what was handed over: finds out who asks, has it run inside, and posts the answer; or posts a message that is ready. A
 * failure is thrown only for what makes sense again later: such a message, where the platform or the store did not answer.
 * A command is never run again for an answer that was lost: that answer becomes such a message.
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
  if (job.do === 'send') return send(services, job);
  const { incoming } = job;
  if (incoming.kind === 'alert') return workOnAlert(services, job.requestId, incoming);
  const principal = principalFromChat(services.config, incoming.from);
  if (principal === undefined) {
    count('AuthenticationFailures', { reason: 'unmapped' });
    return answerTo(services, job.requestId, incoming.to, unmapped(incoming.from));
  }
  if (incoming.kind === 'reason') return askReason(services, job.requestId, incoming);
  if (incoming.kind === 'message' && incoming.text.length > MAX_COMMAND)
    return answerTo(services, job.requestId, incoming.to, tooLong());
  const what = incoming.kind === 'message' ? ({ do: 'command', line: incoming.text } as const) : toClick(incoming);
  const answer = await runInside(services, job.requestId, { ...toEvent(principal), channel: job.channel, what });
  return answerTo(services, job.requestId, incoming.to, answer);
}

async function post(services: WorkerServices, { jobId, to, answer, warnings: told }: PostJob): Promise<void> {
  const { replays, warnings } = await services.state();
  await postOnce(replays, jobId, () => deliverTo(services, to, answer));
  // Only now they are warned: what was not posted ends no session.
  const at = Date.now();
  await Promise.all(told.map(({ name, askedAt }) => warnings.told(name, askedAt, at)));
}

async function send({ poster, secrets, state }: WorkerServices, { jobId: id, to, event }: SendJob): Promise<void> {
  const { replays } = await state();
  const { send: sendEvent } = await loadChannel('webhook');
  await postOnce(replays, id, async () => sendEvent?.(poster, secrets, { to, id, event }, new Date()));
}

/** Opens the platform's window; where that fails, such as for a trigger that is over, says what to do instead. */
async function askReason(
  services: WorkerServices,
  requestId: string,
  asked: Extract<Incoming, { kind: 'reason' }>,
): Promise<void> {
  const { poster, secrets } = services;
  try {
    await (await channelFor(asked.to)).askReason?.(poster, secrets, asked);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const lines = ['Nothing was done. Press again, or type the command with the reason behind it.'];
    await answerTo(services, requestId, asked.to, anAnswer('The window could not be opened in time', { lines }));
  }
}

function toClick({ click, request, reason }: Extract<Incoming, { kind: 'click' }>) {
  const why = plainText(reason ?? '', MAX_REASON);
  return { do: 'click', click, request, ...(why !== '' && { reason: why }) } as const;
}

type PostJob = Extract<ChatJob, { do: 'post' }>;
type SendJob = Extract<ChatJob, { do: 'send' }>;
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

/** Longer than a queue keeps a message that comes again. */
const POSTED_SECONDS = 5 * 86_400;

/**
 * Posts a job's message once, however often the job comes, also at the same time: a conditional put takes its ID, for a
 * moment until it is posted and for good after that. Only where a worker dies between the platform's answer and the second
 * put may it be posted twice.
 *
 * @throws AppError `state-unavailable` where another posts it just now, or that is not known; and what `post` throws
 */
export async function postOnce(posted: ReplayStore, jobId: string, post: () => Promise<void>): Promise<void> {
  const key = `post/${jobId}`;
  const claim = await posted.claim(key, '');
  if (claim === 'done') return;
  if (claim !== 'new') throw new AppError('state-unavailable', { detail: 'Another worker posts it just now.' });
  try {
    await post();
  } catch (error) {
    await posted.forget(key).catch(() => {});
    throw error;
  }
  // It is posted: a failure here must not have the queue send it again.
  await posted.confirm(key, POSTED_SECONDS, '').catch(() => {});
}

/**
 * Posts the answer to a request. Where the platform does not answer, the answer alone goes through the queue, which has it
 * posted later, once: what was asked is never run again.
 *
 * @throws AppError `chat-failed` where the platform refused it, `state-unavailable` where the queue did not take it
 */
export async function answerTo(
  services: Pick<WorkerServices, 'poster' | 'secrets' | 'later'>,
  requestId: string,
  to: ReplyTo,
  answer: ChatAnswer,
): Promise<void> {
  try {
    await deliverTo(services, to, answer);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'chat-unreachable') throw error;
    await logFailure(error, requestId);
    const jobId = hashOf(requestId, to, answer);
    await services.later({ do: 'post', requestId, jobId, to, answer, warnings: [] });
  }
}

/** Runs something inside. A failure there is reported, with the ID that is in the log. */
export async function runInside(
  services: Pick<WorkerServices, 'runCommand'>,
  requestId: string,
  event: Omit<RunEvent, 'requestId'>,
): Promise<ChatAnswer> {
  try {
    return await services.runCommand({ ...event, requestId });
  } catch {
    return unforeseen(requestId);
  }
}

/** Posts an answer where it goes. @throws AppError `chat-failed`, `chat-unreachable` */
export const deliverTo = async (
  { poster, secrets }: Pick<WorkerServices, 'poster' | 'secrets'>,
  to: ReplyTo,
  answer: ChatAnswer,
): Promise<void> => (await channelFor(to)).deliver(poster, secrets, to, answer);

/** An alert of more targets than this is about something else than one of them. */
const MAX_TARGETS = 5;

/**
 * Posts what the targets of an alert look like now, one message each, where the configuration says. Each is looked at as the
 * alert itself, which may view what its groups may.
 */
export async function workOnAlert(
  services: WorkerServices,
  requestId: string,
  alert: Extract<Incoming, { kind: 'alert' }>,
): Promise<void> {
  const { alerts } = services.config.chat;
  const known = Object.hasOwn(alerts, alert.source) ? alerts[alert.source] : undefined;
  // Signed, but without a place to answer: nothing to do, and no one to tell.
  if (known === undefined) return;
  const to: ReplyTo = { channel: 'place', place: known.post };
  const title = alert.title.slice(0, 300) || 'An alert';
  const targets = targetsOf(alert.labels, known.target);
  if (targets.length === 0) {
    const lines = [`It has no label ${known.target}, which names the target.`];
    return answerTo(services, requestId, to, anAnswer(`Alert: ${title}`, { lines, audience: 'all' }));
  }
  const subject = `alert/${alert.source}`;
  const chat = { identities: [subject], isMapped: true };
  const principal = { source: 'webhook' as const, subject, groups: [...known.groups], claims: {}, chat };
  for (const target of targets.slice(0, MAX_TARGETS)) {
    const what = { do: 'alert' as const, target, title };
    await answerTo(
      services,
      requestId,
      to,
      await runInside(services, requestId, { principal, channel: 'alert', what }),
    );
  }
  if (targets.length > MAX_TARGETS) {
    const lines = [`It is about ${targets.length} targets; the first ${MAX_TARGETS} are shown.`];
    await answerTo(services, requestId, to, anAnswer(`Alert: ${title}`, { lines, audience: 'all' }));
  }
}

/** The targets that the labels name: once each, in their order. */
function targetsOf(labels: readonly Readonly<Record<string, string>>[], name: string): readonly string[] {
  const named = labels.flatMap((all) => (Object.hasOwn(all, name) ? [all[name] ?? ''] : []));
  return [...new Set(named.filter((target) => target !== '').map((target) => target.slice(0, 256)))];
}

import type { WardenConfig } from '../config.ts';
import { AppError } from '../errors.ts';
import type { WarningStore } from '../reaper/warn/warning.ts';
import { inCall } from '../telemetry/call.ts';
import { logFailure } from '../telemetry/log-failure.ts';
import { count } from '../telemetry/samples.ts';
import { anAnswer } from './answer.ts';
import { answerTo } from './answer-later.ts';
import type { Incoming } from './channel.ts';
import type { ChatJob, HandOver, InvokeRunCommand } from './job.ts';
import { channelFor } from './load-channel.ts';
import { plainText } from './plain-text.ts';
import { postOnce } from './post-once.ts';
import type { Poster } from './poster.ts';
import { principalFromChat, unmapped } from './principal-from-chat.ts';
import type { RunEvent } from './run-event.ts';
import { deliverTo, runInside } from './run-inside.ts';
import type { ChatSecrets } from './secrets.ts';
import type { ReplayStore } from './stores/replay-store.ts';
import { MAX_COMMAND, MAX_REASON, tooLong } from './too-long.ts';
import { workOnAlert } from './work-on-alert.ts';

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
  // Only now they are warned: what was not posted ends nobody.
  const at = Date.now();
  await Promise.all(told.map(({ name, askedAt }) => warnings.told(name, askedAt, at)));
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

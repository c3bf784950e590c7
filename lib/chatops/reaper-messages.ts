import type { WardenConfig } from '../config.ts';
import type { ReaperMessages, VictimToWarn, WarningToPost } from '../reaper/reaper-chat.ts';
import { graceMs } from '../reaper/warn/stage.ts';
import { safeMask } from '../sessions/mask-session.ts';
import { sessionTag } from '../sessions/tags.ts';
import { newRequest } from './commands/command-call.ts';
import { hashOf } from './hash-of.ts';
import { sessionInWords } from './in-words.ts';
import type { ChatJob, HandOver } from './job.ts';
import { ownersOf } from './owners.ts';
import { reportOf } from './report.ts';
import type { ChatRequest, RequestStore } from './stores/request-store.ts';
import { warningMessage } from './warning-message.ts';

/** What a reaper's messages are made with. */
export interface ReaperMessagesOptions {
  readonly config: Pick<WardenConfig, 'access' | 'chat'>;
  readonly requests: RequestStore;
  /** To what posts: what runs inside reaches no platform. @throws AppError `state-unavailable` */
  readonly handOver: HandOver;
}

/** Reports and warnings of reapers, as messages for a place. */
export const createReaperMessages = ({ config, requests, handOver }: ReaperMessagesOptions): ReaperMessages => ({
  async warn(warning) {
    const { target, reaper, correlationId, askedAt, victims } = warning;
    const asked = requestsOf(warning);
    // A button without its request would look as if it could keep something.
    await requests.putAll(asked);
    const users = new Set(victims.flatMap(({ session }) => session.user ?? []));
    const mentions = await ownersOf(config, reaper.warn.channel, target, users);
    const rows = asked.map((request, at) => ({ request, warning: historyOf(victims[at]) }));
    await handOver({
      ...postJob(
        correlationId,
        reaper.warn.channel,
        victims.map(({ warning: name }) => `${name}@${askedAt}`),
      ),
      answer: warningMessage(reaper, target, rows, askedAt, { mentions }),
      warnings: victims.map(({ warning: name }) => ({ name, askedAt })),
    });
  },
  async report({ place, correlationId, run }) {
    const answer = reportOf(run);
    if (answer === null) return;
    await handOver({ ...postJob(correlationId, place, [JSON.stringify(answer)]), answer, warnings: [] });
  },
});

type PostJob = Extract<ChatJob, { do: 'post' }>;

/** The job that posts at a place, `slack:ops`. @param about - what it says: the same is posted once for one correlation ID */
function postJob(correlationId: string, place: string, about: readonly string[]): Omit<PostJob, 'answer' | 'warnings'> {
  const jobId = hashOf(correlationId, place, ...about);
  return { do: 'post', requestId: correlationId, jobId, to: { channel: 'place', place } };
}

/** A request for each victim, open for as long as its warning holds. */
function requestsOf({ target, reaper, askedAt, victims }: WarningToPost): readonly ChatRequest[] {
  const expiresAt = askedAt + reaper.warn.before * 1000 + graceMs(reaper);
  const made = victims.map(({ session, warning, reasons }) => {
    const { id } = session;
    const wanted = {
      do: 'keep',
      target,
      rule: reaper.name,
      id,
      tag: sessionTag(session),
      warning,
      message: [],
    } as const;
    const code = !session.statement?.text ? '' : ` · ${safeMask(session.statement.text).slice(0, 150)}`;
    const about = `${sessionInWords(session)}${code} · ${reasons.join('; ').slice(0, 150)}`;
    return newRequest({ wanted, about, requester: null }, expiresAt);
  });
  const message = made.map(({ id }) => id);
  return made.map((request) => ({ ...request, wanted: { ...request.wanted, message } }) as ChatRequest);
}

const historyOf = (victim: VictimToWarn | undefined) => ({
  keptUntil: null,
  keptBy: null,
  extensions: victim?.extensions ?? 0,
  isEnding: false,
});

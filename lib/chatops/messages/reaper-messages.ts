import type { WardenConfig } from '../../config/config.ts';
import { resolveAccess } from '../../privileges/access-rules.ts';
import { undecidableInWords } from '../../reaper/asked.ts';
import type { Questions, ReaperMessages, RunToReport, VictimToWarn, WarningToPost } from '../../reaper/reaper-chat.ts';
import type { ReapReport, ReapVictim } from '../../reaper/report.ts';
import { graceMs } from '../../reaper/warn/warn-victims.ts';
import { hasEnded } from '../../sessions/kill/outcome.ts';
import { safeMask } from '../../sessions/masking/mask-statement.ts';
import { sessionTag } from '../../sessions/tags.ts';
import type { ChatRequest, RequestStore } from '../../state/request-store.ts';
import { isPersonChannel } from '../channels/channel-names.ts';
import { newRequest } from '../commands/buttons.ts';
import { warningMessage } from '../commands/keep-session.ts';
import { principalOfPerson } from '../principal-from-chat.ts';
import { hashOf } from '../receiver/signed-request.ts';
import type { ChatJob, HandOver } from '../worker/hand-over.ts';
import { anAnswer, type ChatAnswer } from './answer.ts';
import { sessionInWords } from './in-words.ts';
import { runEnded } from './run-ended.ts';

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
  async send({ to, correlationId, run }) {
    const event = runEnded(run, correlationId, new Date());
    if (event === null) return;
    // The records' IDs are in it: no two runs make the same.
    const jobId = hashOf(correlationId, to, event.data);
    await handOver({ do: 'send', requestId: correlationId, jobId, to: to.slice(to.indexOf(':') + 1), event });
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

/** A message that rings more telephones than this is read by none. */
const MAX_MENTIONS = 10;

/**
 * The IDs, on the channel of a place, of those people of the table whose own the database users are by some access rule.
 * Who may end everything owns nothing by that.
 */
export async function ownersOf(
  { access, chat }: Pick<WardenConfig, 'access' | 'chat'>,
  place: string,
  target: string,
  users: ReadonlySet<string>,
): Promise<readonly string[]> {
  const channel = place.slice(0, place.indexOf(':'));
  if (!isPersonChannel(channel)) return [];
  const owners: string[] = [];
  for (const person of chat.people) {
    const id = person[channel]?.split('/').at(-1);
    if (id === undefined) continue;
    const principal = principalOfPerson(person, channel);
    const { users: own } = await resolveAccess(access, principal, target, async () => ({
      process: false,
      super: false,
    }));
    if (own.some((user) => users.has(user))) owners.push(id);
  }
  return owners.slice(0, MAX_MENTIONS);
}

const SHOWN = 5;

const isEnded = ({ outcome }: ReapVictim): boolean => hasEnded(outcome) || outcome === 'pending';

/** One message for a run, not one a victim; `null` for a run that ended and refused nothing, which is no news. */
export function reportOf(run: RunToReport['run']): ChatAnswer | null {
  const { target, reaper } = run;
  if ('failure' in run) return refused(reaper, target, run.failure.message);
  if (run.held !== null) return refused(reaper, target, run.held);
  return reportOfEnds(run);
}

const refused = (reaper: string, target: string, why: string): ChatAnswer =>
  anAnswer(`${reaper} refused to run on ${target}`, { lines: [why, 'Nothing was ended.'], audience: 'all' });

function reportOfEnds({ target, reaper, kill, victims, undecidable }: ReapReport): ChatAnswer | null {
  const ended = victims.filter(isEnded);
  const kept = victims.filter(({ outcome }) => outcome === 'refused').length;
  const failed = victims.filter(({ code }) => code !== null);
  if (ended.length === 0 && kept === 0 && failed.length === 0) return null;
  const what = kill === 'query' ? 'statement' : 'session';
  const s = ended.length === 1 ? '' : 's';
  return anAnswer(`${reaper} ended ${ended.length} ${what}${s} on ${target}`, {
    lines: [
      ...(kept === 0 ? [] : [kept === 1 ? '1 was refused.' : `${kept} were refused.`]),
      ...(failed.length === 0 ? [] : [`${failed.length} failed: ${failed[0]?.code}.`]),
      ...undecidable.map(undecidableInWords),
      ...(ended.length > SHOWN ? [`The first ${SHOWN} of ${ended.length}:`] : []),
    ],
    rows: ended.slice(0, SHOWN).map((victim) => ({ head: lineOf(victim), code: null, button: null })),
    audience: 'all',
  });
}

const lineOf = (victim: ReapVictim): string => `${sessionInWords(victim)} · ${victim.reasons.join('; ')}`;

/** Questions that go to people through what posts: what runs inside reaches no platform. */
export const createQuestions = (requests: RequestStore, handOver: HandOver): Questions => ({
  requests,
  post: ({ id, place, correlationId, message: answer }) =>
    handOver({
      do: 'post',
      requestId: correlationId,
      jobId: hashOf(id, place),
      to: { channel: 'place', place },
      answer,
      warnings: [],
    }),
});

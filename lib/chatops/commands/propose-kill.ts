import type { Intent } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import type { Approvers } from '../../privileges/access-rules.ts';
import { getSession } from '../../sessions/get-session.ts';
import { toBareIntent, toIntent } from '../../sessions/kill/intent.ts';
import { type Preview, previewKills } from '../../sessions/kill/preview-kills.ts';
import type { Session, SessionId } from '../../sessions/session.ts';
import { sessionTag, statementTag } from '../../sessions/tags.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import { anAnswer, type ChatAnswer, REASON } from '../messages/answer.ts';
import { OUTCOME_WORDS, timeInWords } from '../messages/in-words.ts';
import { aboutSession, aRequest, buttonFor } from './buttons.ts';
import type { CommandCall, CommandServices } from './ports.ts';

/** What a person typed to end a session or its statement. */
export interface KillCommand {
  readonly name: 'kill' | 'cancel';
  readonly target: string;
  readonly id: SessionId;
  readonly reason: string | null;
}

/**
 * Looks at the session, and asks before it ends anything: the caller, or those who must approve. The button's request
 * holds the tag of what was seen, so only that is ended.
 */
export async function proposeKill(call: CommandCall, command: KillCommand, isMachine: boolean): Promise<ChatAnswer> {
  const { services, principal, requestId } = call;
  const { target, id, reason } = command;
  const kind = command.name === 'kill' ? 'connection' : 'query';
  const context = { principal, target, reason, correlationId: requestId, escalateAfter: null };
  // Judged before anything is shown, so that a refusal is on record whatever this person may view.
  const [preview] = await previewKills(services, context, [{ id, kind, tag: null }], true);
  if (preview?.may === 'not') throw preview.error;
  const runsNothing = () =>
    anAnswer(OUTCOME_WORDS['nothing-running'], { lines: [`To end the session: kill ${target} ${id}`] });
  if (preview === undefined || preview.may === 'nothing-running') return runsNothing();
  const { about, tags } = await look(call, command, preview);
  const tag = tags[kind];
  if (tag === null) return runsNothing();
  const wanted = { do: 'kill', kind, target, id, tag } as const;
  if (preview.may === 'ask') {
    const { by: approvers, withinSeconds } = preview.terms;
    const request = aRequest(call, { wanted, about, reason, requester: principal, approvers }, withinSeconds);
    return askForApproval(call, request, intentToEnd(call, request, preview));
  }
  // A machine cannot press a button, so it leaves that to a person, who must have the right.
  const request = aRequest(call, { wanted, about, reason, requester: isMachine ? null : principal });
  await services.requests.putAll([request]);
  return confirmation(request, false);
}

/** What is known of the session that is to be ended, and what of it this person may read. */
async function look(
  { services, principal }: CommandCall,
  { target, id }: KillCommand,
  { session, isVisible }: Extract<Preview, { readonly session: Session }>,
) {
  if (!isVisible) {
    const { statement } = session;
    const about = `session ${id} on ${target}, which ${principal.subject} may not view`;
    const query = statement === null ? null : statementTag(session, statement);
    return { about, tags: { connection: sessionTag(session), query } };
  }
  const view = await getSession(services, { principal, target, id, full: false });
  return { about: aboutSession(view), tags: { connection: view.tag, query: view.statement?.tag ?? null } };
}

/** The question before something is ended. */
export function confirmation(request: ChatRequest, replaces: boolean): ChatAnswer {
  const { wanted, about, requester } = request;
  const what = wanted.do === 'kill' && wanted.kind === 'query' ? 'Cancel this statement?' : 'End this session?';
  const yes = wanted.do === 'kill' && wanted.kind === 'query' ? 'Yes, cancel it' : 'Yes, end it';
  return anAnswer(what, {
    lines: [about],
    buttons: [
      buttonFor(request, 'confirm', yes, { danger: true }),
      ...(wanted.do === 'kill' && request.reason === null ? [buttonFor(request, REASON, 'Yes, with a reason …')] : []),
      buttonFor(request, 'deny', 'No'),
    ],
    audience: requester === null ? 'all' : 'caller',
    replaces,
  });
}

/**
 * Puts on record and stores a request that a second person must approve, and shows it to all who are there. The person who
 * decides closes the record. If no one decides, the sweep closes it.
 *
 * @throws AppError `audit-unavailable`: then no one is asked
 */
export async function askForApproval(
  { services }: { readonly services: Pick<CommandServices, 'requests' | 'audit' | 'now'> },
  request: ChatRequest,
  intent: Intent,
  rows: ChatAnswer['rows'] = [],
): Promise<ChatAnswer> {
  await services.requests.putAll([{ ...request, auditId: await services.audit.begin(intent) }]);
  const { requester, about, reason, approvers, expiresAt } = request;
  const seconds = Math.round((expiresAt - services.now()) / 1_000);
  return anAnswer('Approval needed', {
    lines: [
      `${inWhoseName(requester)} wants to end: ${about}`,
      ...(reason === null ? [] : [`Reason: ${reason}`]),
      `${whoInWords(approvers)} can approve it within ${timeInWords(seconds)}.`,
    ],
    rows,
    buttons: [
      buttonFor(request, 'approve', 'Approve', { danger: true, confirm: `End ${about}?` }),
      buttonFor(request, 'deny', 'Deny'),
    ],
    audience: 'all',
  });
}

/** The intent of a request to end a session, which a second person must approve. */
export function intentToEnd(
  { principal, requestId }: CommandCall,
  { wanted, id, reason }: ChatRequest,
  { session, isVisible, rule }: Extract<Preview, { readonly may: 'ask' }>,
): Intent {
  if (wanted.do !== 'kill') throw new AppError('internal');
  const { target, kind } = wanted;
  const context = { principal, target, reason, correlationId: requestId, approvalRequest: id, rule };
  return isVisible
    ? toIntent(session, kind, { ...context, escalateAfter: null })
    : toBareIntent({ id: session.id, kind }, context);
}

/** Who wants it. The verified name comes first, for an agent may call itself what it likes. */
const inWhoseName = (requester: ChatRequest['requester']): string => {
  if (requester === null) return 'Another person';
  const { subject, agent } = requester;
  return agent === undefined ? subject : `${subject}, through the agent ${agent},`;
};

function whoInWords(who: Approvers | null): string {
  if (who === 'able') return 'Any person who may end it themselves';
  return who?.group === undefined ? 'The approvers of the access rule' : `Another member of ${who.group}`;
}

import { AppError } from '../../errors.ts';
import { isMeant } from '../../privileges/access-rules.ts';
import { maybeSamePerson } from '../../privileges/approval.ts';
import type { Principal } from '../../privileges/principal.ts';
import { named } from '../../sessions/kill/intent.ts';
import { killSession } from '../../sessions/kill/kill.ts';
import { previewKills } from '../../sessions/kill/preview-kills.ts';
import { sessionId } from '../../sessions/session.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import type { Click } from '../messages/answer.ts';
import { anAnswer, type ChatAnswer, failureAnswer } from '../messages/answer.ts';
import { OUTCOME_WORDS } from '../messages/in-words.ts';
import { aRequest, BUTTON_SECONDS, type CommandCall } from './command-call.ts';
import { keepSession } from './keep-session.ts';
import { endShown, proposeEnd } from './propose-end.ts';
import { askForApproval, confirmation, intentToEnd } from './propose-kill.ts';

/** A press, and the reason that was given with it. */
export interface Press {
  readonly click: Click;
  readonly request: string;
  readonly reason?: string | undefined;
}

/** Who may press: a question goes to who asked, or to anybody where an alert did. */
const isFor = ({ requester }: ChatRequest, { principal }: CommandCall): boolean =>
  requester === null ||
  (requester.subject === principal.subject && requester.chat?.isMapped === principal.chat?.isMapped);

const isOffer = ({ wanted }: ChatRequest): boolean => wanted.do === 'end' && wanted.digest === null;

const notForYou = ({ requester }: ChatRequest): ChatAnswer =>
  anAnswer('This question is for another person', {
    lines: [`${requester?.subject} asked. Type the command yourself.`],
  });

/**
 * A press of a button. What it does is in the store, and is done at most once, however often and by how many it is
 * pressed; the message that had the buttons is replaced, so they go.
 */
export async function pressButton(call: CommandCall, { click, request: id, reason }: Press): Promise<ChatAnswer> {
  const { services, principal, mayEnd } = call;
  const request = await services.requests.get(id);
  if (!mayEnd) throw new AppError('privilege-needed', { detail: 'This platform can only list and show.' });
  if (request === undefined || request.expiresAt <= services.now())
    return anAnswer('This button has expired', { lines: ['Nothing was done. Ask again.'], replaces: true });
  if (request.state !== 'open') return decided(request);
  if ((click === 'keep') !== (request.wanted.do === 'keep'))
    throw new AppError('request-invalid', { detail: 'The button does not belong to this request.' });
  // An offer to end a group is no one's yet: the first to press sees whom they would end.
  if (isOffer(request) && click !== 'ask')
    throw new AppError('request-invalid', { detail: 'The button does not belong to this request.' });
  if (click === 'approve') return approve(call, request);
  if (click === 'deny') return deny(call, request);
  if (!isFor(request, call)) return notForYou(request);
  // A request that waits for approval is decided by those who may approve, whatever button is pressed.
  if (request.approvers !== null) throw new AppError('approval-needed');
  if (click === 'ask') return ask(call, request);
  if (click === 'keep') return keepSession(call, request);
  await mustBeAble(call, request);
  return (await services.requests.decide(id, 'approved', principal.subject))
    ? carried(call, { ...request, reason: reason ?? request.reason }, principal, null)
    : decided((await services.requests.get(id)) ?? request);
}

/**
 * What an alert offers is for those who could do it: no one else decides it, with yes or with no, and it stays open for them.
 *
 * @throws AppError what the kill itself would answer
 */
async function mustBeAble(call: CommandCall, { wanted, requester }: ChatRequest): Promise<void> {
  if (requester !== null || wanted.do !== 'kill') return;
  // A person who needs approval asks for it first.
  if ((await previewOf(call, wanted))?.may === 'ask') throw new AppError('approval-needed');
}

/** What the kill would meet if this person did it. @throws AppError what the kill itself would answer */
async function previewOf(
  { services, principal, requestId }: CommandCall,
  { target, id, kind, tag }: Extract<ChatRequest['wanted'], { readonly do: 'kill' }>,
) {
  const demand = { id: sessionId(id), kind, tag };
  const context = { principal, target, reason: null, correlationId: requestId, escalateAfter: null };
  const [preview] = await previewKills(services, context, [demand], true);
  if (preview?.may === 'not') throw preview.error;
  return preview;
}

/** From a list's button to the question, or to those who must approve. */
async function ask(call: CommandCall, request: ChatRequest): Promise<ChatAnswer> {
  const { wanted, about } = request;
  const { services, principal } = call;
  if (wanted.do === 'end') return proposeEnd(call, { ...wanted, reason: request.reason }, false);
  if (wanted.do !== 'kill') return confirmation(request, true);
  const preview = await previewOf(call, wanted);
  if (preview?.may === 'nothing-running') return anAnswer('The session no longer runs a statement', { replaces: true });
  // What an alert offered stays open for others: the question gets a request of its own, which is the presser's.
  const seconds = preview?.may === 'ask' ? preview.terms.withinSeconds : BUTTON_SECONDS;
  const own = aRequest(call, { wanted, about, requester: principal }, seconds);
  if (preview?.may === 'ask') {
    const asking = { ...own, approvers: preview.terms.by };
    return askForApproval(call, asking, intentToEnd(call, asking, preview));
  }
  await services.requests.putAll([own]);
  return confirmation(own, request.requester !== null);
}

async function approve(call: CommandCall, request: ChatRequest): Promise<ChatAnswer> {
  const { services, principal } = call;
  const { requester, approvers, id } = request;
  if (approvers === null || requester === null)
    throw new AppError('request-invalid', { detail: 'This request needs no approval.' });
  if (!isMeant(approvers, principal))
    return anAnswer('You may not approve this', { lines: ['The access rule names other approvers.'] });
  if (maybeSamePerson(requester, principal))
    return anAnswer('Another person must approve this', {
      lines: [
        'You cannot approve your own request, not even from another chat. Both people must be in the table of people.',
      ],
    });
  if (!(await services.requests.decide(id, 'approved', principal.subject)))
    return decided((await services.requests.get(id)) ?? request);
  // Without it on record who approved, nothing is ended.
  if (request.auditId !== null)
    await services.audit.finish(request.auditId, { ...DECIDED, outcome: 'approved', approver: named(principal) });
  return carried(call, request, requester, principal);
}

const DECIDED = { proven: true, detail: null } as const;

async function deny(call: CommandCall, request: ChatRequest): Promise<ChatAnswer> {
  const { services, principal } = call;
  const mayDeny = isFor(request, call) || (request.approvers !== null && isMeant(request.approvers, principal));
  if (!mayDeny) return notForYou(request);
  await mustBeAble(call, request);
  if (!(await services.requests.decide(request.id, 'denied', principal.subject)))
    return decided((await services.requests.get(request.id)) ?? request);
  // It is denied whatever becomes of this: an open record of a request is the sweep's.
  const denied = { ...DECIDED, outcome: 'refused', detail: 'denied', approver: named(principal) } as const;
  if (request.auditId !== null) await services.audit.finish(request.auditId, denied).catch(() => {});
  return anAnswer('Nothing was ended', {
    lines: [request.about, `Denied by ${principal.subject}.`],
    audience: 'all',
    replaces: true,
  });
}

/** Once decided, the buttons go, whatever becomes of it. */
const carried: typeof carryOutRequest = async (...what) => {
  try {
    return await carryOutRequest(...what);
  } catch (error) {
    if (error instanceof AppError) return failureAnswer(error, true);
    throw error;
  }
};

const decided = ({ state, decidedBy, about }: ChatRequest): ChatAnswer =>
  state === 'open'
    ? anAnswer('This button has expired', { lines: ['Nothing was done. Ask again.'], replaces: true })
    : anAnswer(`Already decided by ${decidedBy ?? 'another person'}`, {
        lines: [about, state === 'approved' ? 'The request was approved.' : 'The request was denied.'],
        audience: 'all',
        replaces: true,
      });

/**
 * Does what a decided request is for, in the requester's name, and says what became of it. The server compares the tag
 * that was seen once more.
 */
export async function carryOutRequest(
  asCalled: CommandCall,
  { id: approvalRequest, wanted, about, reason }: ChatRequest,
  principal: Principal,
  approver: Principal | null,
): Promise<ChatAnswer> {
  const { services, requestId } = asCalled;
  const by = approver === null ? principal.subject : `${principal.subject}, approved by ${approver.subject}`;
  const told = (title: string, more: readonly string[] = []): ChatAnswer =>
    anAnswer(title, { lines: [about, `By ${by}.`, ...more], audience: 'all', replaces: true });
  const call = { principal, target: wanted.target, correlationId: requestId };
  if (wanted.do === 'reap') {
    if (services.reapNow === undefined) throw new AppError('internal');
    const results = await services.reapNow.run({ ...call, rule: wanted.rule, victims: wanted.victims });
    const ended = results.filter(({ outcome }) => outcome === 'terminated' || outcome === 'query-cancelled');
    const warned = results.filter(({ outcome }) => outcome === 'warned').length;
    const more = warned === 0 ? [] : [`Warned first, or kept: ${warned}.`];
    return told(`${ended.length} of ${wanted.victims.length} ended`, more);
  }
  if (wanted.do === 'end') {
    const { title, lines } = await endShown(asCalled, { id: approvalRequest, reason }, wanted, principal, approver);
    return told(title, lines);
  }
  if (wanted.do === 'keep')
    throw new AppError('request-invalid', { detail: 'The button does not belong to this request.' });
  const { kind, tag } = wanted;
  const demand = { ...call, id: sessionId(wanted.id), kind, tag, reason, escalateAfter: null };
  const result = await killSession(services, approver === null ? demand : { ...demand, approver, approvalRequest });
  return told(OUTCOME_WORDS[result.outcome], [
    ...(result.outcome === 'pending' ? [`How much is left: show ${wanted.target} ${wanted.id}`] : []),
    ...(result.auditId === null ? [] : [`Record ${result.auditId}`]),
  ]);
}

import { AppError } from '../../errors.ts';
import { isMeant } from '../../privileges/access-rules.ts';
import { maybeSamePerson } from '../../privileges/approval.ts';
import type { Principal } from '../../privileges/principal.ts';
import { named } from '../../sessions/kill/intent.ts';
import { killSession, killSessions } from '../../sessions/kill/kill.ts';
import { hasEnded } from '../../sessions/kill/outcome.ts';
import { previewKills } from '../../sessions/kill/preview-kills.ts';
import { sessionId } from '../../sessions/session.ts';
import type { ChatRequest, RequestEnd, RequestResult } from '../../state/request-store.ts';
import { logFailure } from '../../telemetry/log.ts';
import type { Click } from '../messages/answer.ts';
import { anAnswer, type ChatAnswer, failureAnswer, MAX_ROWS } from '../messages/answer.ts';
import { becameInWords, counted, OUTCOME_WORDS } from '../messages/in-words.ts';
import { aRequest, BUTTON_SECONDS } from './buttons.ts';
import { keepSession } from './keep-session.ts';
import type { CommandCall } from './ports.ts';
import { endShown, mayEndShown, proposeEnd } from './propose-end.ts';
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

/** Who pressed is a person of the table. */
const isPerson = ({ chat, agent }: Principal): boolean => agent === undefined && (chat === undefined || chat.isMapped);

/** Why this person may not approve the request; `null` where they may. @throws AppError what looking at it would answer */
async function whyNotApprove(call: CommandCall, request: ChatRequest): Promise<ChatAnswer | null> {
  const { principal } = call;
  const { requester, approvers } = request;
  if (approvers === null || requester === null)
    throw new AppError('request-invalid', { detail: 'This request needs no approval.' });
  const notYou = (line: string) => anAnswer('You may not approve this', { lines: [line] });
  if (approvers === 'able') {
    if (!isPerson(principal)) return notYou('Only a person of the table may: chat.people in warden.yaml.');
    return (await isAble(call, request, requester)) ? null : notYou('It takes a person who may end it themselves.');
  }
  if (!isMeant(approvers, principal)) return notYou('The access rule names other approvers.');
  if (!maybeSamePerson(requester, principal)) return null;
  return anAnswer('Another person must approve this', {
    lines: [
      'You cannot approve your own request, not even from another chat. Both people must be in the table of people.',
    ],
  });
}

/** True where the person could end any of it alone: the door judges each session by itself. */
async function isAble(call: CommandCall, { wanted }: ChatRequest, requester: Principal): Promise<boolean> {
  const { services, principal, requestId } = call;
  if (wanted.do === 'end') return mayEndShown(call, wanted, requester, principal);
  if (wanted.do !== 'kills') return false;
  const context = { principal, target: wanted.target, reason: null, correlationId: requestId, escalateAfter: null };
  const previews = await previewKills(services, context, wanted.kills.map(toDemand), true);
  if (previews.some(({ may }) => may === 'kill')) return true;
  // Nothing of it is there any more to be decided about.
  const stale = previews.find((one) => one.may === 'not' && one.error.code === 'tag-mismatch');
  if (stale?.may === 'not') throw stale.error;
  return false;
}

const toDemand = ({ id, kind, tag }: Extract<ChatRequest['wanted'], { do: 'kills' }>['kills'][number]) => ({
  ...{ id: sessionId(id), kind, tag },
});

async function approve(call: CommandCall, request: ChatRequest): Promise<ChatAnswer> {
  const { services, principal } = call;
  const { requester, id, auditId } = request;
  const whyNot = await whyNotApprove(call, request);
  if (whyNot !== null || requester === null) return whyNot ?? notForYou(request);
  if (!(await services.requests.decide(id, 'approved', principal.subject)))
    return decided((await services.requests.get(id)) ?? request);
  // Without it on record who approved, nothing is ended.
  if (auditId !== null)
    await services.audit
      .finish(auditId, { ...DECIDED, outcome: 'approved', approver: named(principal) })
      .catch(async (error: unknown) => {
        await keepEnd(call, id, { results: [], code: 'audit-unavailable' });
        throw error;
      });
  return carried(call, request, requester, principal);
}

/** That it cannot be kept makes nothing undone: who asked is told that it is not known, and the record has it. */
const keepEnd = ({ services, requestId }: CommandCall, id: string, end: RequestEnd): Promise<void> =>
  services.requests.finish(id, end).catch((error: unknown) => logFailure(error, requestId));

const DECIDED = { proven: true, detail: null } as const;

async function deny(call: CommandCall, request: ChatRequest): Promise<ChatAnswer> {
  const { services, principal } = call;
  if (!(isFor(request, call) || (await mayDeny(call, request)))) return notForYou(request);
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

/** Who may approve may deny; and so may the person for whom an agent asks. */
async function mayDeny(call: CommandCall, request: ChatRequest): Promise<boolean> {
  const { principal } = call;
  const { approvers, requester } = request;
  if (approvers === null || requester === null) return false;
  if (approvers !== 'able') return isMeant(approvers, principal);
  return isPerson(principal) && (maybeSamePerson(requester, principal) || isAble(call, request, requester));
}

/** Once decided, the buttons go, whatever becomes of it. */
async function carried(
  call: CommandCall,
  request: ChatRequest,
  principal: Principal,
  approver: Principal | null,
): Promise<ChatAnswer> {
  const keep = async (end: RequestEnd) => (approver === null ? undefined : keepEnd(call, request.id, end));
  try {
    const { answer, results } = await carryOutRequest(call, request, principal, approver);
    await keep({ results, code: null });
    return answer;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await keep({ results: [], code: error.code });
    return failureAnswer(error, true);
  }
}

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
): Promise<{ readonly answer: ChatAnswer; readonly results: readonly RequestResult[] }> {
  const { services, requestId } = asCalled;
  const who = principal.agent === undefined ? principal.subject : `${principal.subject} through ${principal.agent}`;
  const by = approver === null ? who : `${who}, approved by ${approver.subject}`;
  const told = (title: string, more: readonly string[] = [], results: readonly RequestResult[] = []) => ({
    answer: anAnswer(title, { lines: [about, `By ${by}.`, ...more], audience: 'all', replaces: true }),
    results,
  });
  const call = { principal, target: wanted.target, correlationId: requestId };
  if (wanted.do === 'reap') {
    if (services.reapNow === undefined) throw new AppError('internal');
    const results = await services.reapNow.run({ ...call, rule: wanted.rule, victims: wanted.victims });
    const ended = results.filter(({ outcome }) => hasEnded(outcome));
    const warned = results.filter(({ outcome }) => outcome === 'warned').length;
    const more = warned === 0 ? [] : [`Warned first, or kept: ${warned}.`];
    return told(`${ended.length} of ${wanted.victims.length} ended`, more);
  }
  if (wanted.do === 'end') {
    const asked = { id: approvalRequest, reason };
    const { title, lines, results } = await endShown(asCalled, asked, wanted, principal, approver);
    return told(title, lines, results);
  }
  if (wanted.do === 'kills') {
    if (approver === null) throw new AppError('approval-needed');
    const kills = wanted.kills.map(toDemand);
    const { results } = await killSessions(services, { ...call, kills, reason, approver, approvalRequest });
    const ended = results.filter(({ outcome }) => hasEnded(outcome));
    const [only] = results;
    const isOne = results.length === 1 && only !== undefined && only.outcome !== null;
    const title = isOne
      ? OUTCOME_WORDS[only.outcome]
      : `${ended.length} of ${counted(results.length, 'session')} ended`;
    const others = isOne
      ? []
      : results.filter((one) => !ended.includes(one)).map((one) => `${one.id}: ${becameInWords(one)}`);
    return told(
      title,
      others.slice(0, MAX_ROWS),
      results.map(({ identity: _, ...result }) => result),
    );
  }
  if (wanted.do === 'keep')
    throw new AppError('request-invalid', { detail: 'The button does not belong to this request.' });
  const { kind, tag } = wanted;
  const demand = { ...call, id: sessionId(wanted.id), kind, tag, reason, escalateAfter: null };
  const result = await killSession(services, approver === null ? demand : { ...demand, approver, approvalRequest });
  const { outcome, proven, auditId } = result;
  const more = [
    ...(outcome === 'pending' ? [`How much is left: show ${wanted.target} ${wanted.id}`] : []),
    ...(auditId === null ? [] : [`Record ${auditId}`]),
  ];
  return told(OUTCOME_WORDS[outcome], more, [{ id: wanted.id, kind, outcome, proven, auditId, code: null }]);
}

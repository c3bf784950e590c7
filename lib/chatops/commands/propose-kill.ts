import type { Who } from '../../config-schema.ts';
import { getSession } from '../../sessions/get-session.ts';
import { previewKills } from '../../sessions/preview-kills.ts';
import type { SessionId } from '../../sessions/session.ts';
import { anAnswer, type ChatAnswer } from '../answer.ts';
import { REASON } from '../channel.ts';
import { OUTCOME_WORDS } from '../in-words.ts';
import type { ChatRequest } from '../stores/request-store.ts';
import { aRequest, buttonFor, type CommandCall } from './command-call.ts';
import { aboutSession } from './rows-with-buttons.ts';

/** What somebody typed to end a session or its statement. */
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
  const session = await getSession(services, { principal, target, id, full: false });
  const tag = kind === 'connection' ? session.tag : (session.statement?.tag ?? null);
  if (tag === null)
    return anAnswer(OUTCOME_WORDS['nothing-running'], { lines: [`To end the session: kill ${target} ${id}`] });
  const context = { principal, target, reason, correlationId: requestId, escalateAfter: null };
  const [preview] = await previewKills(services, context, [{ id, kind, tag }], true);
  if (preview === undefined || preview.may === 'nothing-running') return anAnswer(OUTCOME_WORDS['nothing-running']);
  if (preview.may === 'not') throw preview.error;
  const wanted = { do: 'kill', kind, target, id, tag } as const;
  const about = aboutSession(session);
  if (preview.may === 'ask')
    return askForApproval(
      call,
      aRequest(
        call,
        { wanted, about, reason, requester: principal, approvers: preview.terms.by },
        preview.terms.withinSeconds,
      ),
    );
  // A machine cannot press a button, so it leaves that to a person, who must have the right.
  const request = aRequest(call, { wanted, about, reason, requester: isMachine ? null : principal });
  await services.requests.putAll([request]);
  return confirmation(request, false);
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
      ...(wanted.do === 'kill' && request.reason === null ? [buttonFor(request, REASON, 'Yes, for a reason …')] : []),
      buttonFor(request, 'deny', 'No'),
    ],
    audience: requester === null ? 'all' : 'caller',
    replaces,
  });
}

/** Stores a request that a second person must approve, and shows it to all who are there. */
export async function askForApproval(
  { services }: CommandCall,
  request: ChatRequest,
  replaces = false,
): Promise<ChatAnswer> {
  await services.requests.putAll([request]);
  const { requester, about, reason, approvers, expiresAt } = request;
  const minutes = Math.round((expiresAt - services.now()) / 60_000);
  return anAnswer('Approval is needed', {
    lines: [
      `${requester?.subject ?? 'Somebody'} wants to end: ${about}`,
      ...(reason === null ? [] : [`Reason: ${reason}`]),
      `${whoInWords(approvers)} may approve it within ${minutes} min.`,
    ],
    buttons: [
      buttonFor(request, 'approve', 'Approve', { danger: true, confirm: `End ${about}?` }),
      buttonFor(request, 'deny', 'Deny'),
    ],
    audience: 'all',
    replaces,
  });
}

const whoInWords = (who: Who | null): string =>
  who?.group === undefined ? 'Those whom the access rule names' : `Somebody else of ${who.group}`;

import { randomBytes } from 'node:crypto';
import type { Demand } from '../../sessions/kill/judge.ts';
import { previewKills } from '../../sessions/kill/preview-kills.ts';
import { sessionId } from '../../sessions/session.ts';
import type { SessionView } from '../../sessions/session-view.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import type { ChatButton, ChatRow } from '../messages/answer.ts';
import { sessionInWords } from '../messages/in-words.ts';
import type { CommandCall } from './ports.ts';

/** Seconds that a button works. */
export const BUTTON_SECONDS = 600;

type NewRequest = Pick<ChatRequest, 'wanted' | 'about' | 'requester'> &
  Partial<Pick<ChatRequest, 'approvers' | 'auditId' | 'reason'>>;

/** A new request that no one can guess. @param expiresAt - milliseconds since the epoch */
export const newRequest = (request: NewRequest, expiresAt: number): ChatRequest => ({
  approvers: null,
  auditId: null,
  reason: null,
  ...request,
  id: randomBytes(16).toString('base64url'),
  expiresAt,
  state: 'open',
  decidedBy: null,
});

/** A new request, open for ten minutes at most. */
export const aRequest = (
  { services }: Pick<CommandCall, 'services'>,
  request: NewRequest,
  seconds = BUTTON_SECONDS,
): ChatRequest => newRequest(request, services.now() + Math.min(seconds, BUTTON_SECONDS) * 1000);

/** A button that carries out a request. */
export const buttonFor = (
  { id }: ChatRequest,
  click: ChatButton['click'],
  label: string,
  { danger = false, confirm = null }: Partial<Pick<ChatButton, 'danger' | 'confirm'>> = {},
): ChatButton => ({
  label,
  click,
  request: id,
  danger,
  confirm,
});

/** What the button of a row would end: the statement of one that runs, else the session. */
function demandOf({ id, tag, statement }: SessionView): Demand & { readonly tag: string } {
  if (statement !== null) return { id: sessionId(id), kind: 'query', tag: statement.tag };
  return { id: sessionId(id), kind: 'connection', tag };
}

/** Sessions as rows, each with a button where this person may end it, or may ask to, and none where not. */
export async function rowsWithButtons(
  call: CommandCall,
  target: string,
  sessions: readonly SessionView[],
  describe: (session: SessionView, at: number) => string = sessionInWords,
): Promise<readonly ChatRow[]> {
  const { services, principal, requestId, mayEnd } = call;
  const demands = sessions.map(demandOf);
  const context = { principal, target, reason: null, correlationId: requestId, escalateAfter: null };
  const previews = mayEnd && demands.length > 0 ? await previewKills(services, context, demands, false) : [];
  const requests: ChatRequest[] = [];
  const rows = sessions.map((session, at): ChatRow => {
    const head = describe(session, at);
    const code = session.statement?.text ?? null;
    const may = previews[at]?.may;
    const demand = demands[at];
    if (demand === undefined || (may !== 'kill' && may !== 'ask')) return { head, code, button: null };
    const { id, kind, tag } = demand;
    const request = aRequest(call, {
      wanted: { do: 'kill', kind, target, id, tag },
      about: aboutSession(session),
      requester: principal,
    });
    requests.push(request);
    return { head, code, button: buttonFor(request, 'ask', kind === 'query' ? 'Cancel query' : 'End session') };
  });
  await services.requests.putAll(requests);
  return rows;
}

/** A session and its masked statement in one line. */
export function aboutSession(session: SessionView): string {
  const { statement } = session;
  return !statement?.text ? sessionInWords(session) : `${sessionInWords(session)} · ${statement.text.slice(0, 300)}`;
}

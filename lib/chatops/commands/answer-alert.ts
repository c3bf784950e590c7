import { forest } from '../../pictures/forest.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import type { SessionView } from '../../sessions/session-view.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import { anAnswer, aPicture, type ChatAnswer } from '../messages/answer.ts';
import { counted, sessionInWords } from '../messages/in-words.ts';
import { holderInWords, worstOf } from './answer-blockers.ts';
import { groupsOf } from './answer-top.ts';
import { aRequest, buttonFor } from './buttons.ts';
import type { CommandCall } from './ports.ts';

const ROWS = 5;

/**
 * What an alert's target looks like now: who blocks others, else what has run longest, each with a button. An alert ends
 * nothing: the person who presses is the one who asks, and needs the right to.
 */
export async function answerAlert(
  call: CommandCall,
  { target, title }: { readonly target: string; readonly title: string },
): Promise<ChatAnswer> {
  const { services, principal } = call;
  const nodes = (await services.findBlockers?.({ principal, target })) ?? [];
  const holders = worstOf(nodes).slice(0, ROWS);
  const isBlocked = nodes.length > 0;
  const query = { command: 'Query', sort: '-time', limit: ROWS, full: false } as const;
  const shown = isBlocked
    ? holders.map((holder) => ({ session: holder.session, head: holderInWords(holder) }))
    : (await listSessions(services, { principal, target, query })).sessions.map((session) => ({
        session,
        head: sessionInWords(session),
      }));
  const offered = shown
    .filter(({ session }) => !session.protected)
    .map((one) => ({ ...one, request: offer(call, target, one.session) }));
  await services.requests.putAll(offered.map(({ request }) => request));
  // A server that is full of sleepers runs next to nothing, so the groups say whose they are.
  const groups = isBlocked
    ? null
    : await groupsOf(call, target, { groupBy: 'user', filters: {}, limit: ROWS, requester: null });
  const lines = isBlocked
    ? [`Who waits for whom on ${target}:`]
    : [
        `${counted(groups?.counts.total ?? 0, 'session')} on ${target}.`,
        offered.length === 0
          ? 'No statement runs. Sessions by user:'
          : 'The longest statements, then sessions by user:',
      ];
  return anAnswer(`Alert: ${title}`, {
    lines,
    picture: isBlocked ? aPicture(forest(nodes)) : (groups?.picture ?? []),
    rows: [
      ...offered.map(({ session, head, request }) => ({
        head,
        code: session.statement?.text ?? null,
        button: buttonFor(request, 'ask', session.statement === null ? 'End session' : 'Cancel query'),
      })),
      ...(groups?.rows ?? []),
    ],
    audience: 'all',
  });
}

function offer(call: CommandCall, target: string, session: SessionView): ChatRequest {
  const { id, tag, statement } = session;
  const wanted =
    statement === null
      ? ({ do: 'kill', kind: 'connection', target, id, tag } as const)
      : ({ do: 'kill', kind: 'query', target, id, tag: statement.tag } as const);
  return aRequest(call, { wanted, about: sessionInWords(session), requester: null });
}

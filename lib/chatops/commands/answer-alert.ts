import { listSessions } from '../../sessions/list-sessions.ts';
import type { SessionView } from '../../sessions/session-view.ts';
import type { ChatRequest } from '../../state/request-store.ts';
import { anAnswer, type ChatAnswer } from '../messages/answer.ts';
import { counted, sessionInWords } from '../messages/in-words.ts';
import { unknownInWords, worstFirst } from './answer-blockers.ts';
import { groupRows } from './answer-top.ts';
import { aRequest, buttonFor, type CommandCall } from './command-call.ts';

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
  const blockers = ((await services.findBlockers?.({ principal, target })) ?? []).toSorted(worstFirst);
  const known = blockers.flatMap(({ session, ...one }) => (session === null ? [] : [{ session, ...one }]));
  const isBlocked = blockers.length > 0;
  const blocks = new Map(
    known.map((one) => [one.session.id, `${one.likely ? 'may block' : 'blocks'} ${one.blocks} · `]),
  );
  const query = { command: 'Query', sort: '-time', limit: ROWS, full: false } as const;
  const sessions = isBlocked
    ? known.slice(0, ROWS).map(({ session }) => session)
    : (await listSessions(services, { principal, target, query })).sessions;
  const offered = sessions
    .filter((session) => !session.protected)
    .map((session) => ({ session, request: offer(call, target, session) }));
  await services.requests.putAll(offered.map(({ request }) => request));
  // A server that is full of sleepers runs next to nothing, so the groups say whose they are.
  const groups = isBlocked
    ? null
    : await groupRows(call, target, { groupBy: 'user', filters: {}, limit: ROWS, requester: null });
  const lines = isBlocked
    ? [...unknownInWords(blockers), ...(known.length > 0 ? [`Sessions that block others on ${target}:`] : [])]
    : [
        `${counted(groups?.counts.total ?? 0, 'session')} on ${target}.`,
        offered.length === 0
          ? 'No statement runs. Sessions by user:'
          : 'The longest statements, then sessions by user:',
      ];
  return anAnswer(`Alert: ${title}`, {
    lines,
    rows: [
      ...offered.map(({ session, request }) => ({
        head: `${blocks.get(session.id) ?? ''}${sessionInWords(session)}`,
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

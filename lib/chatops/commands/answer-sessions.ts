import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../errors.ts';
import { NOT_KNOWN } from '../../pictures/lines.ts';
import { type BlockerNode, listBlockers } from '../../sessions/blockers.ts';
import { getSession } from '../../sessions/get-session.ts';
import { previewKills } from '../../sessions/kill/preview-kills.ts';
import { listSessions } from '../../sessions/list-sessions.ts';
import type { SessionFilters } from '../../sessions/match-query.ts';
import { isBeingKilled, type KillKind, type SessionId, type UnknownName } from '../../sessions/session.ts';
import type { SessionView } from '../../sessions/session-view.ts';
import { anAnswer, type ChatAnswer, MAX_ROWS } from '../messages/answer.ts';
import { counted, sessionInWords, timeInWords } from '../messages/in-words.ts';
import { aboutSession, aRequest, buttonFor, rowsWithButtons } from './buttons.ts';
import type { CommandCall } from './ports.ts';

/** Who of a target waits for a lock, and who holds others up, in words; empty where the server does not tell. */
async function lockMarks({ services, principal }: CommandCall, target: string): Promise<ReadonlyMap<string, string>> {
  const marks = new Map<string, string>();
  const mark = ({ id, lock, holdsUp, likely, waiters }: BlockerNode, blocker: string | null): void => {
    const parts = [
      ...(lock === null ? [] : [`waits for a ${lock}${blocker === null ? '' : ` of ${blocker}`}`]),
      ...(holdsUp === 0 ? [] : [`${likely ? 'may block' : 'blocks'} ${holdsUp}`]),
    ];
    if (id !== null && parts.length > 0) marks.set(id, parts.join(', '));
    for (const waiter of waiters) mark(waiter, id);
  };
  const { blockers } = await listBlockers(services, { principal, target }).catch(() => ({ blockers: [] }));
  for (const root of blockers) mark(root, null);
  return marks;
}

const undecidedInWords = (undecided: number): readonly string[] =>
  undecided === 0 ? [] : [`${undecided} left out: the server does not show a field that the filters need.`];

/** The sessions that have been at it longest, at most {@link MAX_ROWS}. */
export async function answerSessions(call: CommandCall, target: string, filters: SessionFilters): Promise<ChatAnswer> {
  const query = { ...filters, sort: '-time', limit: MAX_ROWS, full: false } as const;
  const { sessions, total, next, undecided } = await listSessions(call.services, {
    principal: call.principal,
    target,
    query,
  });
  if (sessions.length === 0)
    return anAnswer(`No sessions on ${target} that you may view`, {
      lines: ['Try without filters.', ...undecidedInWords(undecided)],
    });
  const marks = await lockMarks(call, target);
  const describe = (session: SessionView): string =>
    [marks.get(session.id), sessionInWords(session)].filter((part) => part !== undefined).join(' · ');
  const rows = await rowsWithButtons(call, target, sessions, describe);
  const more =
    next === null
      ? []
      : [
          `The ${sessions.length} longest. To narrow the list, add filters: user= host= db= min= idle= trx= text=`,
          `To count them: top ${target}`,
        ];
  const lines = [...more, ...undecidedInWords(undecided)];
  return anAnswer(`${counted(total, 'session')} on ${target}`, { lines, rows });
}

const whyNot = ({ unknown }: SessionView, field: UnknownName): string | undefined =>
  unknown.find((one) => one.field === field)?.why;

const stateInWords = (session: SessionView): string =>
  whyNot(session, 'state') === undefined ? session.state || (session.state === null ? 'none' : 'empty') : NOT_KNOWN;

function transactionInWords(session: SessionView): string {
  const why = whyNot(session, 'transaction');
  if (why !== undefined) return `Open transaction: ${NOT_KNOWN}. ${why}`;
  const { transaction } = session;
  if (transaction === null) return 'No transaction is open.';
  const since = transaction.time === null ? `, duration ${NOT_KNOWN}` : ` for ${timeInWords(transaction.time)}`;
  const changed = session.changes ? `, ${counted(session.changes, 'changed row')}` : '';
  return `Transaction ${transaction.state}${since}${changed}.`;
}

/** How long the two looks are apart from which the end of a rollback is estimated. */
const BETWEEN_LOOKS_MS = 1_000;

/** How far a rollback is, by two looks at how much is left to undo. */
async function rollbackInWords(call: CommandCall, target: string, id: SessionId, before: number): Promise<string> {
  const from = performance.now();
  await sleep(BETWEEN_LOOKS_MS);
  const request = { principal: call.principal, target, id, full: false };
  const now = await getSession(call.services, request).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'session-not-found') return null;
    throw error;
  });
  if (now === null || now.changes === null) return 'It has been rolled back by now.';
  const undone = before - now.changes;
  const seconds = (performance.now() - from) / 1_000;
  const rest =
    undone > 0 ? `about ${timeInWords((now.changes / undone) * seconds)} at this pace` : `duration ${NOT_KNOWN}`;
  return `It is rolled back: ${now.changes.toLocaleString('en')} changed rows are left to undo, ${rest}. Its locks are kept until then.`;
}

/** One session, with a button for each way in which this person may end it. */
export async function answerSession(call: CommandCall, target: string, id: SessionId): Promise<ChatAnswer> {
  const { services, principal, requestId } = call;
  const session = await getSession(services, { principal, target, id, full: false });
  const { changes } = session;
  const progress = isBeingKilled(session) && changes !== null ? await rollbackInWords(call, target, id, changes) : null;
  const { statement } = session;
  const kinds: { kind: KillKind; tag: string; label: string }[] = [
    { kind: 'connection', tag: session.tag, label: 'End session' },
    ...(statement === null ? [] : [{ kind: 'query' as const, tag: statement.tag, label: 'Cancel query' }]),
  ];
  const context = { principal, target, reason: null, correlationId: requestId, escalateAfter: null };
  const demands = kinds.map(({ kind, tag }) => ({ id, kind, tag }));
  const previews = call.mayEnd ? await previewKills(services, context, demands, false) : [];
  const offers = kinds
    .filter((_, at) => previews[at]?.may === 'kill' || previews[at]?.may === 'ask')
    .map(({ kind, tag, label }) => ({
      label,
      request: aRequest(call, {
        wanted: { do: 'kill', kind, target, id, tag },
        about: aboutSession(session),
        requester: principal,
      }),
    }));
  await services.requests.putAll(offers.map(({ request }) => request));
  return anAnswer(`Session ${id} on ${target}`, {
    lines: [
      sessionInWords(session),
      `State: ${stateInWords(session)}. ${transactionInWords(session)}`,
      ...(progress === null ? [] : [progress]),
      ...(session.protected ? ['This session is protected. It cannot be ended here.'] : []),
    ],
    rows:
      statement === null
        ? []
        : [
            {
              head: statement.text === null ? 'Runs a statement (text not known)' : 'Runs',
              code: statement.text,
              button: null,
            },
          ],
    buttons: offers.map(({ label, request }) => buttonFor(request, 'ask', label)),
  });
}

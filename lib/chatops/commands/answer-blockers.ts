import { anAnswer, type ChatAnswer, MAX_ROWS } from '../messages/answer.ts';
import { counted, sessionInWords } from '../messages/in-words.ts';
import type { CommandCall } from './command-call.ts';
import type { Blocker } from './ports.ts';
import { rowsWithButtons } from './rows-with-buttons.ts';

/** Those whose holder is no session, or is not known, a line each. */
export const unknownInWords = (blockers: readonly Blocker[]): readonly string[] =>
  blockers
    .filter(({ session }) => session === null)
    .map(
      ({ blocks, reason }) =>
        `${blocks} ${blocks === 1 ? 'session waits' : 'sessions wait'}: ${reason ?? 'the blocker is not known'}`,
    );

function titleOf(sessions: readonly Blocker[], target: string): string {
  const certain = sessions.filter(({ likely }) => !likely).length;
  if (certain > 0) return `${certain} session${certain === 1 ? ' blocks' : 's block'} others on ${target}`;
  return sessions.length > 0
    ? `${counted(sessions.length, 'session')} may block others on ${target}`
    : `Sessions wait on ${target}, but the blocker is not known`;
}

/** Sessions that certainly hold up others come before those that may, each in the order of how many they hold up. */
export const worstFirst = (a: Blocker, b: Blocker): number =>
  Number(a.likely) - Number(b.likely) || b.blocks - a.blocks;

/** Sessions that others wait for, the worst first, with buttons. */
export async function answerBlockers(call: CommandCall, target: string): Promise<ChatAnswer> {
  const { findBlockers } = call.services;
  if (findBlockers === undefined) return anAnswer('blockers is not available in this installation');
  const found = await findBlockers({ principal: call.principal, target });
  if (found.length === 0) return anAnswer(`No session blocks another on ${target}`);
  const sessions = found
    .flatMap((one) => (one.session === null ? [] : [{ ...one, session: one.session }]))
    .toSorted(worstFirst);
  const shown = sessions.slice(0, MAX_ROWS);
  const rows = await rowsWithButtons(
    call,
    target,
    shown.map(({ session }) => session),
    (session, at) =>
      `${shown[at]?.likely ? 'may block' : 'blocks'} ${shown[at]?.blocks ?? 0} · ${sessionInWords(session)}`,
  );
  return anAnswer(titleOf(sessions, target), { lines: unknownInWords(found), rows });
}

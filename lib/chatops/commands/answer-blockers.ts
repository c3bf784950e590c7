import { anAnswer, type ChatAnswer, MAX_ROWS } from '../answer.ts';
import { sessionInWords } from '../in-words.ts';
import type { CommandCall } from './command-call.ts';
import { rowsWithButtons } from './rows-with-buttons.ts';

/** Sessions that others wait for, the worst first, with buttons. */
export async function answerBlockers(call: CommandCall, target: string): Promise<ChatAnswer> {
  const { findBlockers } = call.services;
  if (findBlockers === undefined) return anAnswer('blockers is not available in this installation');
  const found = await findBlockers({ principal: call.principal, target });
  const blockers = found.toSorted((a, b) => b.blocks - a.blocks).slice(0, MAX_ROWS);
  if (blockers.length === 0) return anAnswer(`Nobody blocks anybody on ${target}`);
  const rows = await rowsWithButtons(
    call,
    target,
    blockers.map(({ session }) => session),
    (session, at) => `blocks ${blockers[at]?.blocks ?? 0} · ${sessionInWords(session)}`,
  );
  return anAnswer(`${found.length} sessions block others on ${target}`, { rows });
}

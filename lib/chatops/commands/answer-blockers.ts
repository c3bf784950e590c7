import { forest } from '../../pictures/forest.ts';
import type { BlockerNode } from '../../sessions/blockers.ts';
import type { SessionView } from '../../sessions/session-view.ts';
import { anAnswer, aPicture, type ChatAnswer, MAX_ROWS } from '../messages/answer.ts';
import { counted, sessionInWords } from '../messages/in-words.ts';
import { rowsWithButtons } from './buttons.ts';
import type { CommandCall } from './ports.ts';

/** A session that others wait for. */
export type Holder = Pick<BlockerNode, 'holdsUp' | 'likely'> & { readonly session: SessionView };

function holdersIn(nodes: readonly BlockerNode[]): readonly Holder[] {
  return nodes.flatMap(({ session, holdsUp, likely, waiters }) =>
    // Where the holder cannot be ended, who waits for it and holds up others can.
    session === null ? holdersIn(waiters.filter((waiter) => waiter.holdsUp > 0)) : [{ session, holdsUp, likely }],
  );
}

/** Those of the forest to end first: who certainly holds up others before who may, each in the order of how many. */
export const worstOf = (nodes: readonly BlockerNode[]): readonly Holder[] =>
  holdersIn(nodes).toSorted((a, b) => Number(a.likely) - Number(b.likely) || b.holdsUp - a.holdsUp);

/** `blocks 3 · 42 · app …` */
export const holderInWords = ({ session, holdsUp, likely }: Holder): string =>
  `${likely ? 'may block' : 'blocks'} ${holdsUp} · ${sessionInWords(session)}`;

function titleOf(holders: readonly Holder[], target: string): string {
  const certain = holders.filter(({ likely }) => !likely).length;
  if (certain > 0) return `${certain} session${certain === 1 ? ' blocks' : 's block'} others on ${target}`;
  return holders.length > 0
    ? `${counted(holders.length, 'session')} may block others on ${target}`
    : `Sessions wait on ${target}, but the blocker is not known`;
}

/** Who waits for whom as a picture, then the sessions that others wait for, the worst first, with buttons. */
export async function answerBlockers(call: CommandCall, target: string): Promise<ChatAnswer> {
  const { findBlockers } = call.services;
  if (findBlockers === undefined) return anAnswer('blockers is not available in this installation');
  const nodes = await findBlockers({ principal: call.principal, target });
  if (nodes.length === 0) return anAnswer(`No session blocks another on ${target}`);
  const holders = worstOf(nodes);
  const shown = holders.slice(0, MAX_ROWS);
  const rows = await rowsWithButtons(
    call,
    target,
    shown.map(({ session }) => session),
    (session, at) => {
      const holder = shown[at];
      return holder === undefined ? sessionInWords(session) : holderInWords(holder);
    },
  );
  return anAnswer(titleOf(holders, target), { picture: aPicture(forest(nodes)), rows });
}

import { inWords } from '../../lib/reaper/units.ts';
import type { BlockerNode } from '../../lib/sessions/blockers.ts';

/** An age in words, a dash where nobody knows it. */
export const age = (seconds: number | null): string => (seconds === null ? '–' : inWords(seconds));

/** A session, or what is in its place; what it waits for; whom it holds up. */
function lineOf({ id, session, waitedFor, lock, holdsUp, longestWait, likely, reason, xa }: BlockerNode): string {
  const who = id === null ? 'no known session' : `${id} ${session?.user ?? '–'}`;
  const waits = lock === null ? '' : ` waits ${age(waitedFor)} for ${lock}`;
  const holds = holdsUp === 0 ? '' : `, ${likely ? 'may hold' : 'holds'} up ${holdsUp} for up to ${age(longestWait)}`;
  const ends = xa.map((xid) => ` XA ROLLBACK ${xid}`).join(' or');
  return `${who}${waits}${holds}${reason === null ? '' : `. ${reason}`}${ends}`;
}

/** Who holds up whom, one line a session, indented by who waits for whom. */
export const blockerTree = (node: BlockerNode, depth = 0): readonly string[] => [
  `${'  '.repeat(depth)}${lineOf(node)}`,
  ...node.waiters.flatMap((waiter) => blockerTree(waiter, depth + 1)),
];

import { NOT_KNOWN } from '../../lib/chatops/in-words.ts';
import { inWords } from '../../lib/reaper/units.ts';
import type { BlockerNode } from '../../lib/sessions/blockers.ts';

/** An age in words. */
export const age = (seconds: number | null): string => (seconds === null ? NOT_KNOWN : inWords(seconds));

/** A session, or what is in its place; what it waits for; whom it holds up. */
function lineOf({ id, session, waitedFor, lock, holdsUp, longestWait, likely, reason, xa }: BlockerNode): string {
  const who = id === null ? 'no known session' : `${id} ${session?.user ?? '–'}`;
  const since = waitedFor === null ? ` for ${lock}, for how long is ${NOT_KNOWN}` : ` ${age(waitedFor)} for ${lock}`;
  const waits = lock === null ? '' : ` waits${since}`;
  const upTo = longestWait === null ? `, for how long is ${NOT_KNOWN}` : ` for up to ${age(longestWait)}`;
  const holds = holdsUp === 0 ? '' : `, ${likely ? 'may hold' : 'holds'} up ${holdsUp}${upTo}`;
  const ends = xa.map((xid) => ` XA ROLLBACK ${xid}`).join(' or');
  return `${who}${waits}${holds}${reason === null ? '' : `. ${reason}`}${ends}`;
}

/** Who holds up whom, one line a session, indented by who waits for whom. */
export const blockerTree = (node: BlockerNode, depth = 0): readonly string[] => [
  `${'  '.repeat(depth)}${lineOf(node)}`,
  ...node.waiters.flatMap((waiter) => blockerTree(waiter, depth + 1)),
];

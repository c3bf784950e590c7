import { NOT_KNOWN } from '../../lib/chatops/in-words.ts';
import { inWords } from '../../lib/reaper/units.ts';
import type { BlockerNode } from '../../lib/sessions/blockers.ts';

/** An age in words. */
export const age = (seconds: number | null): string => (seconds === null ? NOT_KNOWN : inWords(seconds));

const howLong = (seconds: number | null, before: string): string =>
  seconds === null ? `, for how long is ${NOT_KNOWN}` : `${before}${inWords(seconds)}`;

/** Who holds up whom, one line a session, indented by who waits for whom. */
export const blockerTree = (node: BlockerNode, depth = 0): readonly string[] => [
  [
    `${'  '.repeat(depth)}${node.id} ${node.session?.user ?? '–'}`,
    depth > 0 ? ` waits${howLong(node.waitedFor, ' ')}` : '',
    node.holdsUp > 0 ? `, holds up ${node.holdsUp}${howLong(node.longestWait, ' for up to ')}` : '',
  ].join(''),
  ...node.waiters.flatMap((waiter) => blockerTree(waiter, depth + 1)),
];

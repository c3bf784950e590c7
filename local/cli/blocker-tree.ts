import { inWords } from '../../lib/reaper/units.ts';
import type { BlockerNode } from '../../lib/sessions/blockers.ts';

/** An age in words, a dash where nobody knows it. */
export const age = (seconds: number | null): string => (seconds === null ? '–' : inWords(seconds));

/** Who holds up whom, one line a session, indented by who waits for whom. */
export const blockerTree = (node: BlockerNode, depth = 0): readonly string[] => [
  `${'  '.repeat(depth)}${node.id} ${node.session?.user ?? '–'}${depth > 0 ? ` waits ${age(node.waitedFor)}` : ''}${node.holdsUp > 0 ? `, holds up ${node.holdsUp} for up to ${age(node.longestWait)}` : ''}`,
  ...node.waiters.flatMap((waiter) => blockerTree(waiter, depth + 1)),
];

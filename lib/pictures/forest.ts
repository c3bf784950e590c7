import { inWords } from '../reaper/units.ts';
import type { BlockerNode } from '../sessions/blockers.ts';
import { NOT_KNOWN } from './lines.ts';

/** What the picture needs of a place in the forest of who blocks whom. */
export interface ForestNode extends Omit<BlockerNode, 'id' | 'session' | 'waiters'> {
  readonly id: string | null;
  readonly session: { readonly user: string | null } | null;
  readonly waiters: readonly ForestNode[];
}

function whoOf({ id, session }: ForestNode): string {
  if (id === null) return 'no known session';
  return session === null ? `${id} (gone by now)` : `${id} ${session.user ?? '–'}`;
}

const UNTOLD = `, for how long is ${NOT_KNOWN}`;

/** A session, or what is in its place; what it waits for; whom it holds up. */
function lineOf(node: ForestNode): string {
  const { lock, waitedFor, holdsUp, longestWait, likely, reason, xa } = node;
  const waiting = waitedFor === null ? ` waits for ${lock}${UNTOLD}` : ` waits ${inWords(waitedFor)} for ${lock}`;
  const waits = lock === null ? '' : waiting;
  const upTo = longestWait === null ? UNTOLD : ` for up to ${inWords(longestWait)}`;
  const holds = holdsUp === 0 ? '' : `, ${likely ? 'may hold' : 'holds'} up ${holdsUp}${upTo}`;
  const ends = xa.map((xid) => ` XA ROLLBACK ${xid}`).join(' or');
  return `${whoOf(node)}${waits}${holds}${reason === null ? '' : `. ${reason}`}${ends}`;
}

function below(nodes: readonly ForestNode[], margin: string): readonly string[] {
  return nodes.flatMap((node, at) => {
    const isLast = at === nodes.length - 1;
    return [
      `${margin}${isLast ? '└─ ' : '├─ '}${lineOf(node)}`,
      ...below(node.waiters, `${margin}${isLast ? '   ' : '│  '}`),
    ];
  });
}

/** Who holds up whom, one line a session, each below the one that it waits for. */
export const forest = (roots: readonly ForestNode[]): readonly string[] =>
  roots.flatMap((root) => [lineOf(root), ...below(root.waiters, '')]);

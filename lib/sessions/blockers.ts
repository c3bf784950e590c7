import type { Principal } from '../privileges/principal.ts';
import { mayView } from '../privileges/seed-rule.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../with-target.ts';
import { knownLockWaits } from './known-lock-waits.ts';
import type { LockWait } from './lock-wait.ts';
import type { SessionId } from './session.ts';
import { type SessionView, toView } from './session-view.ts';
import { viewerOf } from './viewer.ts';

/** A session in the forest of who blocks whom. */
export interface BlockerNode {
  readonly id: SessionId;
  /** `null` where the caller may not view it. */
  readonly session: SessionView | null;
  /** Seconds that it has waited for the one above it; `null` for a root, and where the engine does not tell. */
  readonly waitedFor: number | null;
  /** How many sessions it holds up, those behind others included. */
  readonly holdsUp: number;
  /** The longest that one of them has waited, in seconds; `null` where none waits or the engine does not tell. */
  readonly longestWait: number | null;
  readonly waiters: readonly BlockerNode[];
}

/** A node before anybody looks at it. */
export interface BlockerTree {
  readonly id: SessionId;
  readonly waitedFor: number | null;
  readonly holdsUp: number;
  readonly longestWait: number | null;
  readonly waiters: readonly BlockerTree[];
}

const longest = (seconds: readonly (number | null)[]): number | null =>
  seconds.reduce((most, one) => (one === null ? most : Math.max(most ?? 0, one)), null);

/**
 * The forest of who blocks whom: roots, which wait for nobody, first those that hold up most. A session stands below each
 * root that it waits for, else below one of those before it in the queue: a server tells every pair of a queue, and a tree
 * of all ways through them would grow without bounds. Of sessions that wait for each other in a circle the one that has
 * waited shortest is taken for the root, since it closed the circle.
 */
export function blockerForest(waits: readonly LockWait[]): readonly BlockerTree[] {
  const behind = Map.groupBy(waits, ({ blocker }) => blocker);
  const before = Map.groupBy(waits, ({ waiter }) => waiter);
  const below = Map.groupBy(
    [...before.values()].flatMap((ahead) => {
      const roots = ahead.filter(({ blocker }) => !before.has(blocker));
      return roots.length > 0 ? roots : ahead.slice(0, 1);
    }),
    ({ blocker }) => blocker,
  );
  /** Everybody who could go on if this session did, with the longest that each has waited. */
  const heldUpBy = (id: SessionId): ReadonlyMap<SessionId, number | null> => {
    const held = new Map<SessionId, number | null>();
    const queue = [id];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const { waiter, seconds } of behind.get(next) ?? []) {
        if (waiter === id) continue;
        if (!held.has(waiter)) queue.push(waiter);
        held.set(waiter, longest([held.get(waiter) ?? null, seconds]));
      }
    }
    return held;
  };
  const placed = new Set<SessionId>();
  const grow = (id: SessionId, waitedFor: number | null, path: ReadonlySet<SessionId>): BlockerTree => {
    placed.add(id);
    const held = heldUpBy(id);
    const on = new Set([...path, id]);
    const waiters = (below.get(id) ?? []).filter(({ waiter }) => !on.has(waiter));
    return {
      id,
      waitedFor,
      holdsUp: held.size,
      longestWait: longest([...held.values()]),
      waiters: waiters.map(({ waiter, seconds }) => grow(waiter, seconds, on)),
    };
  };
  const rootOf = (id: SessionId) => grow(id, null, new Set());
  const roots = [...behind.keys()].filter((id) => !before.has(id)).map(rootOf);
  const circles = waits.toSorted((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0));
  for (const { waiter } of circles) if (!placed.has(waiter) && behind.has(waiter)) roots.push(rootOf(waiter));
  return roots.toSorted((a, b) => b.holdsUp - a.holdsUp || (b.longestWait ?? 0) - (a.longestWait ?? 0));
}

/**
 * Who blocks whom on a target. Without PROCESS, only trees in which the caller may view a session are told.
 *
 * @throws AppError `target-privilege-missing`, and `detail` says of what; `target-failed` where the server tells nobody
 */
export function listBlockers(
  services: Services,
  { principal, target }: { readonly principal: Principal; readonly target: string },
): Promise<{ readonly blockers: readonly BlockerNode[] }> {
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database);
    const waits = await knownLockWaits(database);
    const ids = [...new Set(waits.flatMap(({ waiter, blocker }) => [waiter, blocker]))];
    const sessions = new Map((await database.list(ids)).map((session) => [session.id, session]));
    const show = (tree: BlockerTree): BlockerNode => {
      const session = sessions.get(tree.id);
      const visible = session !== undefined && mayView(viewer.access, session);
      return { ...tree, session: visible ? toView(session, viewer, database) : null, waiters: tree.waiters.map(show) };
    };
    const isVisible = (node: BlockerNode): boolean => node.session !== null || node.waiters.some(isVisible);
    return { blockers: blockerForest(waits).map(show).filter(isVisible) };
  });
}

import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { mayView } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../targets/with-target.ts';
import type { LockWait } from './lock-wait.ts';
import type { Session, SessionId } from './session.ts';
import { type SessionView, toView, viewerOf } from './session-view.ts';

/** A place in the forest of who blocks whom, before anybody looks at it. */
interface Place {
  /** `null` where no session holds the lock, it is not known which, or the caller may not view it; then there is a `reason`. */
  readonly id: SessionId | null;
  /** Seconds that it has waited for the one above it; `null` for a root, and where the engine does not tell. */
  readonly waitedFor: number | null;
  /** What it waits for, in the server's words: `row lock`, `table metadata lock`; `null` for a root. */
  readonly lock: string | null;
  /** How many sessions it holds up, those behind others included. */
  readonly holdsUp: number;
  /** The longest that one of them has waited, in seconds; `null` where none waits or the engine does not tell. */
  readonly longestWait: number | null;
  /** It may or may not hold up those below it: the server does not say for certain. */
  readonly likely: boolean;
  /** Why it has no ID; `null` where it has one. */
  readonly reason: string | null;
  /** Prepared XA transactions, one of which holds the lock, as `XA COMMIT` and `XA ROLLBACK` take them. */
  readonly xa: readonly string[];
}

/** A session in the forest of who blocks whom. */
export interface BlockerNode extends Place {
  /** `null` where the caller may not view it, and where there is none. */
  readonly session: SessionView | null;
  /** Those that wait for it; of one that is in several places, in the first alone. */
  readonly waiters: readonly BlockerNode[];
}

/** A node before anybody looks at it. */
export interface BlockerTree extends Place {
  readonly waiters: readonly BlockerTree[];
}

const longest = (seconds: readonly (number | null)[]): number | null =>
  seconds.reduce((most, one) => (one === null ? most : Math.max(most ?? 0, one)), null);

/** A session, or a holder that is none: those of one kind and reason stand in one place. */
const holderOf = ({ blocker, lock, reason, xa }: LockWait): string => blocker ?? JSON.stringify([lock, reason, xa]);

/**
 * The forest of who blocks whom: roots, which wait for no one, first those that hold up most. A session is below each
 * root that it waits for, else below one of those before it in the queue: a server tells every pair of a queue, and a tree
 * of all ways through them would grow without bounds. Who waits behind it is shown in the first of its places, and counted in
 * each: a thousand transactions hold up one ALTER, and a hundred sessions wait for that. Of sessions that wait for each other in a circle the one that has
 * waited shortest is taken for the root, since it closed the circle.
 */
export function blockerForest(waits: readonly LockWait[]): readonly BlockerTree[] {
  const behind = Map.groupBy(waits, holderOf);
  const before = Map.groupBy(waits, ({ waiter }): string => waiter);
  const below = Map.groupBy(
    [...before.values()].flatMap((ahead) => {
      const roots = ahead.filter((wait) => !before.has(holderOf(wait)));
      return roots.length > 0 ? roots : ahead.slice(0, 1);
    }),
    holderOf,
  );
  /** Everybody who could go on if this one did, with the longest that each has waited. */
  const heldUpBy = (holder: string): ReadonlyMap<string, number | null> => {
    const held = new Map<string, number | null>();
    const queue = [holder];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      for (const { waiter, seconds } of behind.get(next) ?? []) {
        if (waiter === holder) continue;
        if (!held.has(waiter)) queue.push(waiter);
        held.set(waiter, longest([held.get(waiter) ?? null, seconds]));
      }
    }
    return held;
  };
  const placed = new Set<string>();
  const grow = (holder: string, above: LockWait | null, path: ReadonlySet<string>): BlockerTree => {
    const isFirst = !placed.has(holder);
    placed.add(holder);
    const held = heldUpBy(holder);
    const on = new Set([...path, holder]);
    const waiters = isFirst ? (below.get(holder) ?? []).filter(({ waiter }) => !on.has(waiter)) : [];
    const own = behind.get(holder) ?? [];
    const isLikely = own.length > 0 && own.every(({ likely }) => likely);
    return {
      id: above === null ? (own[0]?.blocker ?? null) : above.waiter,
      waitedFor: above?.seconds ?? null,
      lock: above?.lock ?? null,
      holdsUp: held.size,
      longestWait: longest([...held.values()]),
      likely: isLikely,
      reason: isLikely || own[0]?.blocker === null ? (own[0]?.reason ?? null) : null,
      xa: own[0]?.xa ?? [],
      waiters: waiters.map((wait) => grow(wait.waiter, wait, on)),
    };
  };
  const rootOf = (holder: string) => grow(holder, null, new Set());
  const holders = [...behind.keys()].filter((holder) => !before.has(holder));
  const counts = new Map(holders.map((holder) => [holder, heldUpBy(holder).size]));
  const roots = holders.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).map(rootOf);
  const circles = waits.toSorted((a, b) => (a.seconds ?? 0) - (b.seconds ?? 0));
  for (const { waiter } of circles) if (!placed.has(waiter) && behind.has(waiter)) roots.push(rootOf(waiter));
  return roots.toSorted(
    (a, b) =>
      b.holdsUp - a.holdsUp || Number(a.likely) - Number(b.likely) || (b.longestWait ?? 0) - (a.longestWait ?? 0),
  );
}

/** Said in the place of a session whose ID the caller may not learn. */
export const NOT_VIEWED = 'It is a session that you may not view.';

/** What those may know of waits who may not view all sessions: no session that only may hold a lock, and no transaction's name. */
export function waitsKnownTo(
  mayViewAll: boolean,
  mayViewOne: (id: SessionId) => boolean,
  waits: readonly LockWait[],
): readonly LockWait[] {
  if (mayViewAll) return waits;
  const known = waits.map((wait): LockWait => {
    const { blocker, likely, xa, ...rest } = wait;
    if (blocker !== null && likely && !mayViewOne(blocker)) return { ...rest, blocker: null };
    return xa === undefined ? wait : { ...wait, xa: [] };
  });
  return [...new Map(known.map((wait) => [JSON.stringify([wait.waiter, holderOf(wait)]), wait])).values()];
}

/**
 * Who blocks whom on a target. Without PROCESS, only trees in which the caller may view a session are told, and of the
 * other sessions in them no more than that they are there.
 *
 * @throws AppError `target-privilege-missing`, and `detail` says of what; `target-failed` where the server does not tell
 */
export function listBlockers(
  services: Services,
  { principal, target }: { readonly principal: Principal; readonly target: string },
): Promise<{ readonly blockers: readonly BlockerNode[] }> {
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database);
    const waits = await knownLockWaits(database);
    const ids = new Set(waits.flatMap(({ waiter, blocker }) => (blocker === null ? [waiter] : [waiter, blocker])));
    const sessions = new Map((await database.list([...ids])).map((session) => [session.id, session]));
    const visible = (id: SessionId | null): Session | undefined => {
      const session = id === null ? undefined : sessions.get(id);
      return session !== undefined && mayView(viewer.access, session) ? session : undefined;
    };
    const show = (tree: BlockerTree): BlockerNode => {
      const session = visible(tree.id);
      const isHidden = tree.id !== null && session === undefined && !viewer.access.process;
      return {
        ...tree,
        ...(isHidden && { id: null, reason: NOT_VIEWED }),
        session: session === undefined ? null : toView(session, viewer, database),
        waiters: tree.waiters.map(show),
      };
    };
    // Who may view all is told of every wait, though its sessions may have gone from the list by now, or never stood there.
    const isVisible = (node: BlockerNode): boolean =>
      viewer.access.process || node.session !== null || node.waiters.some(isVisible);
    const known = waitsKnownTo(viewer.access.process, (id) => visible(id) !== undefined, waits);
    return { blockers: blockerForest(known).map(show).filter(isVisible) };
  });
}

/** Who waits for whose lock. @throws AppError where the server does not tell: an empty list would be a false answer */
export async function knownLockWaits(database: Database): Promise<readonly LockWait[]> {
  const waits = await database.lockWaits();
  if (waits === null)
    throw new AppError('target-failed', { detail: 'This version of the server does not tell who waits for whom.' });
  return waits;
}

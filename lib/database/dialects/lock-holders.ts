import type { SessionId } from '../../sessions/session.ts';
import type { LockModes } from './lock-modes.ts';

/** A lock, as a server lists it or as we infer it. `owner` is a session, or `null` for a transaction that has none. */
export interface Lock {
  readonly owner: SessionId | null;
  /** What is locked: equal text is the same thing. */
  readonly object: string;
  readonly modes: LockModes;
  readonly mode: string;
}

/** Somebody who holds up a waiter. */
export interface Holder {
  readonly blocker: SessionId | null;
  /** It may be the one, and may not. */
  readonly likely?: true;
}

/**
 * Who keeps a request from being granted: those that hold what it excludes; where nobody does, those who wait for it
 * themselves and come first. Whoever only waits is named for nobody who would go on waiting without them.
 */
export function holdersOf(request: Lock, granted: readonly Lock[], pending: readonly Lock[]): readonly Holder[] {
  const excluded = request.modes[request.mode];
  if (excluded === undefined) return [];
  const others = (locks: readonly Lock[], modes: readonly string[]): readonly Holder[] =>
    locks
      .filter(({ owner, object, mode }) => object === request.object && owner !== request.owner && modes.includes(mode))
      .map(({ owner }) => ({ blocker: owner }));
  const holding = others(granted, excluded.granted);
  return holding.length > 0 ? holding : others(pending, excluded.pending);
}

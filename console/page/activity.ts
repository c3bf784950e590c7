import type { Blocker, Session } from '../../client/api.d.ts';
import { isAsleep, isBeingKilled } from '../../lib/sessions/session.ts';

/** What a session is about, the most urgent first. */
export const ACTIVITIES = ['blocks', 'ending', 'waits', 'runs', 'holds', 'sleeps', 'protected'] as const;

/** One of {@link ACTIVITIES}. */
export type Activity = (typeof ACTIVITIES)[number];

/** As people say it. */
export const ACTIVITY_WORDS: Readonly<Record<Activity, string>> = {
  blocks: 'blocks others',
  ending: 'is being ended',
  waits: 'waits for a lock',
  runs: 'runs',
  holds: 'idle in transaction',
  sleeps: 'idle',
  protected: 'protected',
};

/** A session's part in who blocks whom. */
export interface LockRole {
  /** How many sessions it holds up. */
  readonly holdsUp: number;
  /** What it waits for itself. */
  readonly waits: string | null;
}

/** The part of every session in a forest, by ID. */
export function lockRoles(forest: readonly Blocker[]): ReadonlyMap<string, LockRole> {
  const roles = new Map<string, LockRole>();
  const walk = ({ id, holdsUp, lock, waiters }: Blocker): void => {
    const before = id === null ? undefined : roles.get(id);
    if (id !== null)
      roles.set(id, { holdsUp: Math.max(before?.holdsUp ?? 0, holdsUp), waits: lock ?? before?.waits ?? null });
    waiters.forEach(walk);
  };
  forest.forEach(walk);
  return roles;
}

/** What a session does by itself, whomever it holds up. */
export function doingOf(session: Session): 'ending' | 'runs' | 'holds' | 'sleeps' {
  if (isBeingKilled(session)) return 'ending';
  if (!isAsleep(session.command)) return 'runs';
  return session.transaction === null ? 'sleeps' : 'holds';
}

/** What a session is about. */
export function activityOf(session: Session, role: LockRole | null | undefined): Activity {
  const doing = doingOf(session);
  if (doing === 'ending') return doing;
  if (role?.waits === null && role.holdsUp > 0) return 'blocks';
  if (role?.waits) return 'waits';
  return session.protected ? 'protected' : doing;
}

const LONG = 60;
const NOTABLE = 5;

/** How long it has been so, in three steps: what is idle grows old more slowly. */
export function ageOf(session: Session, activity: Activity): 'fresh' | 'notable' | 'long' | 'unknown' {
  const { time } = session;
  if (time === null) return 'unknown';
  const slower = activity === 'sleeps' || activity === 'protected' ? 60 : activity === 'holds' ? 2 : 1;
  return time >= LONG * slower ? 'long' : time >= NOTABLE * slower ? 'notable' : 'fresh';
}

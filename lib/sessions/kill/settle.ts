import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, StatementRecord, Victim } from '../../database/database.ts';
import { CLOCK_ROUNDING_SECONDS, isBeingKilled, type KillKind, type Session } from '../session.ts';
import { mayBeSameStatement, sameSession } from '../tags.ts';
import type { Outcome } from './outcome.ts';

/** What a look at the server showed. */
export interface Settled {
  readonly outcome: Outcome;
  readonly proven: boolean;
}

const PENDING: Settled = { outcome: 'pending', proven: false };

// Short at first, since most sessions are gone within a millisecond; long later, since each look costs the server a scan.
const DELAYS_MS = [0, 2, 5, 10, 20, 50, 100, 200];
const LONGEST_MS = 500;

// A statement that took a cut meant for the one before ends at once; one that still runs after this was not cut.
const NEXT_STATEMENT_MS = 150;

const CUT: Settled = { outcome: 'query-cancelled', proven: true };
const GONE: Settled = { outcome: 'already-gone', proven: false };
const ENDED: Settled = { outcome: 'already-gone', proven: true };

const BY_RECORD: Readonly<Record<StatementRecord, Settled | undefined>> = {
  cut: CUT,
  'ended-after': { outcome: 'query-cancelled', proven: false },
  'ended-itself': ENDED,
  'cut-another': { outcome: 'cut-another', proven: true },
  'cut-later': { outcome: 'cut-another', proven: false },
  // Until the next statement is known.
  ended: undefined,
  unknown: undefined,
};

/** What the server's own record of statements says, or `undefined` where it keeps none or has not decided yet. */
export async function settleByRecord(database: Database, victim: Victim): Promise<Settled | undefined> {
  return BY_RECORD[await database.statementRecord(victim.session)];
}

/** True for a look at the victim, or at what the server still undoes of it. */
const isStill = (victim: Session, now: Session): boolean =>
  sameSession(victim, now) || (now.lingering === true && now.id === victim.id && now.user === null);

function byList(database: Database, victim: Session, now: Session | undefined, kind: KillKind): Settled | undefined {
  // A list that lacks what is still rolled back does not prove an end.
  if (kind === 'connection')
    return now === undefined ? { outcome: 'terminated', proven: database.seesLingering } : undefined;
  // A row in part shows no statement, whatever the session runs.
  return now !== undefined && (now.readInPart || mayBeSameStatement(victim, now))
    ? undefined
    : { outcome: 'query-cancelled', proven: false };
}

/**
 * Looks again until each victim that a KILL was sent for is gone, or the time is up: then it is `pending`. A server that
 * stops answering leaves the rest `pending` too, since it took the kill and its result is not known.
 *
 * @param milliseconds - how long to look
 * @returns one for each victim, in their order
 */
export async function settle(
  database: Database,
  victims: readonly Victim[],
  kind: KillKind,
  milliseconds: number,
): Promise<readonly Settled[]> {
  const settled = new Map<Victim, Settled>();
  const deadline = performance.now() + milliseconds;
  // Stryker disable next-line EqualityOperator: an instant is no matter
  const isOver = (): boolean => performance.now() > deadline;
  const leftRunning = new Map<Victim, number>();
  const look = async (): Promise<void> => {
    const open = victims.filter((victim) => !settled.has(victim));
    const rows = Map.groupBy(await database.find(open.map(({ session }) => session.id)), ({ id }) => id);
    for (const victim of open) {
      const now = rows.get(victim.session.id)?.find((row) => isStill(victim.session, row));
      const found = byList(database, victim.session, now, kind);
      if (found === undefined) continue;
      if (kind === 'connection') settled.set(victim, found);
      else {
        const left = leftRunning.get(victim) ?? performance.now();
        leftRunning.set(victim, left);
        // Stryker disable next-line EqualityOperator: an instant is no matter
        const isLate = performance.now() - left > NEXT_STATEMENT_MS;
        const record = await database.statementRecord(victim.session);
        const recorded = record === 'ended' && isLate ? ENDED : BY_RECORD[record];
        // A server without a record has nothing more to tell; one with it may need a moment for the next statement.
        if (recorded !== undefined) settled.set(victim, recorded);
        else if (!database.keepsRecord || isLate) settled.set(victim, found);
      }
    }
  };
  try {
    for (let round = 0; settled.size < victims.length && !isOver(); round++) {
      await sleep(Math.min(DELAYS_MS[round] ?? LONGEST_MS, Math.max(0, deadline - performance.now())));
      await look();
    }
  } catch {
    // What is not settled stays pending.
  }
  return victims.map((victim) => settled.get(victim) ?? PENDING);
}

/** True where a victim does something else than when it was chosen, or began it later: no compare can hold any more. */
function hasMoved({ session, compareStatement, compareActivity, leastTime = 0 }: Victim, now: Session): boolean {
  if (now.readInPart) return false;
  if (compareStatement && !mayBeSameStatement(session, now)) return true;
  if (!compareActivity) return false;
  const { time, beganAt } = session;
  const isYounger = time !== null && now.time !== null && now.time < Math.max(time, leastTime);
  const isLater = beganAt !== undefined && now.beganAt !== undefined && now.beganAt > beganAt + CLOCK_ROUNDING_SECONDS;
  return now.command !== session.command || isYounger || isLater;
}

/**
 * What became of victims that no KILL reached, by one look at what is there now.
 *
 * @returns one for each victim, in their order
 */
export async function settleUntouched(
  database: Database,
  victims: readonly Victim[],
  kind: KillKind,
): Promise<readonly (Settled | 'still-there' | 'unread')[]> {
  if (victims.length === 0) return [];
  const rows = Map.groupBy(await database.find(victims.map(({ session }) => session.id)), ({ id }) => id);
  const ends: (Settled | 'still-there' | 'unread')[] = [];
  for (const victim of victims) {
    const ofId = rows.get(victim.session.id) ?? [];
    const now = ofId.find((row) => isStill(victim.session, row)) ?? ofId[0];
    ends.push(await untouched(database, victim, now, kind));
  }
  return ends;
}

async function untouched(
  database: Database,
  victim: Victim,
  now: Session | undefined,
  kind: KillKind,
): Promise<Settled | 'still-there' | 'unread'> {
  const { session } = victim;
  if (now === undefined) return { outcome: 'already-gone', proven: kind === 'connection' && database.seesLingering };
  if (!isStill(session, now)) return { outcome: 'changed', proven: true };
  if (kind === 'connection') {
    if (now.lingering) return PENDING;
    return hasMoved(victim, now) ? { outcome: 'changed', proven: true } : 'still-there';
  }
  if (now.readInPart) return 'unread';
  // Another may have cancelled it: only the record of that very execution proves how it ended.
  if (now.statement === null) return (await database.statementRecord(session)) === 'cut' ? CUT : GONE;
  if (!mayBeSameStatement(session, now)) return { outcome: 'changed', proven: true };
  // Another caller has cancelled it, and it has not ended yet.
  return isBeingKilled(now) ? PENDING : 'still-there';
}

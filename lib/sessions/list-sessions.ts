import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import { mayView } from '../privileges/access-rules.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../targets/with-target.ts';
import { knownLockWaits } from './blockers.ts';
import { type GroupColumn, groupKeyOf } from './group-key.ts';
import { allHold, type Holds, negate } from './holds.ts';
import { blockingOf } from './lock-wait.ts';
import type { SessionFilters, SessionQuery } from './match-query.ts';
import { comparePositions, matchesQuery, type Position, positionOf, toPosition } from './match-query.ts';
import { recordRead } from './on-record.ts';
import { isAsleep, isUnknown, type Session } from './session.ts';
import { isOurs, type SessionView, showsLiterals, toView, type Viewer, viewerOf } from './session-view.ts';

export interface ListRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly query: SessionQuery;
}

/** A page of a list. */
export interface SessionPage {
  readonly sessions: readonly SessionView[];
  /** How many sessions the filters let through, on all pages. */
  readonly total: number;
  /** The cursor of the next page; `null` on the last, and in an order by time. */
  readonly next: string | null;
  /** How many sessions of the whole list the filters left out because the server does not show what they ask for. */
  readonly undecided: number;
}

const MAX_BYTES = 4_000_000;

/** What a reader looked for. A part of a statement may be a literal, so of that it says only that it was asked for. */
function filterOf({ sort: _sort, full: _full, text, ...filters }: Omit<SessionQuery, 'cursor' | 'limit'>): string {
  return JSON.stringify({ ...filters, ...(text !== undefined && { text: '…' }) });
}

/** The sessions that the principal may view and that the filters let through, and how many are left out in doubt. */
async function selected(database: Database, filters: SessionFilters, viewer: Viewer, wholeStatements = false) {
  const blocking = filters.blocking === undefined ? null : blockingOf(await knownLockWaits(database));
  const isBlocking = (session: Session): Holds => {
    if (blocking === null) return true;
    return filters.blocking ? blocking(session) : negate(blocking(session));
  };
  const tests = [isBlocking, (session: Session) => matchesQuery(session, filters, viewer)];
  const judged = (await database.list(undefined, { wholeStatements }))
    .filter((session) => mayView(viewer.access, session))
    .map((session) => ({ session, matches: allHold(tests, (test) => test(session)) }));
  return {
    sessions: judged.filter(({ matches }) => matches).map(({ session }) => session),
    undecided: judged.filter(({ matches }) => matches === undefined).length,
  };
}

/**
 * Lists the sessions that the principal may view, a page at a time. A process list has no snapshot: a session that
 * begins between two pages is found if its place comes later, and none is shown twice. An order by time has one page: ages
 * grow from look to look, so a second page would leave out some and show others again.
 *
 * @throws AppError `request-invalid` for a cursor of another query; `target-not-found`; `audit-unavailable` where
 * statements would be shown with their literals and that could not be recorded; the `target-…` family.
 */
export function listSessions(services: Services, { principal, target, query }: ListRequest): Promise<SessionPage> {
  const { cursor, limit, ...rest } = query;
  const binding = { ...rest, target, principal: [principal.source, principal.subject] };
  const hasPages = !query.sort.endsWith('time');
  if (cursor !== undefined && !hasPages)
    throw new AppError('request-invalid', { detail: 'cursor: an order by time has one page. Sort by ID for more.' });
  const after = cursor === undefined ? undefined : toPosition(decodeCursor(cursor, binding));
  if (cursor !== undefined && after === undefined)
    throw new AppError('request-invalid', { detail: 'cursor: it is not one that a page gave.' });
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database, query.full);
    const { sessions: all, undecided } = await selected(database, query, viewer);
    const sorted = all
      .map((session) => ({ session, position: positionOf(session, query.sort) }))
      .filter(({ position }) => after === undefined || comparePositions(position, after, query.sort) > 0)
      .sort((a, b) => comparePositions(a.position, b.position, query.sort));
    const sessions: SessionView[] = [];
    let bytes = 0;
    let last: Position | null = null;
    for (const { session, position } of sorted.slice(0, limit)) {
      const view = toView(session, viewer, database);
      bytes += Buffer.byteLength(JSON.stringify(view));
      // An answer of a Lambda ends at six megabytes; the page ends before it, and the next one goes on from here.
      // Stryker disable next-line EqualityOperator: one byte is no matter
      if (bytes > MAX_BYTES && sessions.length > 0) break;
      sessions.push(view);
      last = position;
    }
    if (showsLiterals(viewer)) {
      const shown = sessions.filter(({ statement }) => statement?.text != null).length;
      await recordRead(services.audit, { principal, target, id: null, filter: filterOf(rest), count: shown });
    }
    const next = hasPages && sessions.length < sorted.length ? encodeCursor(binding, last) : null;
    return { sessions, total: all.length, next, undecided };
  });
}

/** What to count, and by which column. */
export interface CountRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly groupBy: GroupColumn;
  readonly filters: SessionFilters;
  /** At most so many groups. */
  readonly limit: number;
}

/** Seconds asleep from which a session is most likely a leftover. */
export const LONG_IDLE = 300;

/** The sessions that have the same value in a column, as numbers. */
export interface SessionGroup {
  /** The value, a statement without its literals; `null` where there is none, or, unless `known`, where the server does not show it. */
  readonly value: string | null;
  readonly known: boolean;
  readonly count: number;
  /** How many are asleep. */
  readonly idle: number;
  /** How many have been asleep for {@link LONG_IDLE} or longer. */
  readonly idleFor5m: number;
  /** How many have an open transaction, and of how many that is not known. */
  readonly inTransaction: number;
  readonly transactionUnknown: number;
  /** Seconds of the one that has been longest in its command; `null` where the time of none is known. */
  readonly oldest: number | null;
  /** That one. */
  readonly example: SessionView;
}

/** Sessions counted by a column. */
export interface SessionGroups {
  readonly groupBy: GroupColumn;
  /** The largest first. */
  readonly groups: readonly SessionGroup[];
  /** How many groups there are besides. */
  readonly more: number;
  /** All sessions that the filters let through. */
  readonly total: number;
  readonly undecided: number;
}

/**
 * Counts the sessions that the principal may view, by a column, our own connections not. Statements are shown without
 * their literals.
 *
 * @throws AppError `target-not-found`; the `target-…` family
 */
export function countSessions(services: Services, request: CountRequest): Promise<SessionGroups> {
  const { principal, target, groupBy, filters, limit } = request;
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database);
    const { sessions: all, undecided } = await selected(database, filters, viewer, groupBy === 'fingerprint');
    // Who asks what fills a server does not mean the connection that asks.
    const sessions = all.filter((session) => !isOurs(session, database));
    const groups = [...Map.groupBy(sessions, (session) => groupKeyOf(session, groupBy))]
      .map(([value, members]) => toGroup(value, members, (session) => toView(session, viewer, database)))
      .sort((a, b) => b.count - a.count);
    const shown = groups.slice(0, limit);
    return { groupBy, groups: shown, more: groups.length - shown.length, total: sessions.length, undecided };
  });
}

function toGroup(
  value: string | null | undefined,
  members: readonly Session[],
  view: (session: Session) => SessionView,
): SessionGroup {
  const [first, ...others] = members;
  if (first === undefined) throw new AppError('internal');
  const age = ({ time }: Session): number => time ?? -1;
  const oldest = others.reduce((a, b) => (age(b) > age(a) ? b : a), first);
  const isOpenOrNot = (session: Session): boolean => !isUnknown(session, 'transaction');
  return {
    value: value ?? null,
    known: value !== undefined,
    count: members.length,
    idle: members.filter(({ command }) => isAsleep(command)).length,
    idleFor5m: members.filter(({ command, time }) => isAsleep(command) && time !== null && time >= LONG_IDLE).length,
    inTransaction: members.filter((session) => isOpenOrNot(session) && session.transaction !== null).length,
    transactionUnknown: members.filter((session) => !isOpenOrNot(session)).length,
    oldest: oldest.time,
    example: view(oldest),
  };
}

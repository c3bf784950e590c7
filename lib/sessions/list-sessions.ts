import { AppError } from '../errors.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import { mayView } from '../privileges/ownership-rule.ts';
import type { Principal } from '../privileges/principal.ts';
import type { Services } from '../services.ts';
import { withTarget } from '../targets/with-target.ts';
import { knownLockWaits } from './blockers.ts';
import { allHold, type Holds, negate } from './holds.ts';
import { blockingOf } from './lock-wait.ts';
import type { SessionQuery } from './match-query.ts';
import { comparePositions, matchesQuery, type Position, positionOf, toPosition } from './match-query.ts';
import { recordRead } from './record-read.ts';
import type { Session } from './session.ts';
import { type SessionView, showsLiterals, toView, viewerOf } from './session-view.ts';

export interface ListRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly query: SessionQuery;
}

/** A page of a list. */
export interface SessionPage {
  readonly sessions: readonly SessionView[];
  /** The cursor of the next page; `null` on the last. */
  readonly next: string | null;
  /** How many sessions of the whole list the filters left out because the server does not show what they ask for. */
  readonly undecided: number;
}

const MAX_BYTES = 4_000_000;

/** What a reader looked for. A part of a statement may be a literal, so of that it says only that it was asked for. */
function filterOf({ sort: _sort, full: _full, text, ...filters }: Omit<SessionQuery, 'cursor' | 'limit'>): string {
  return JSON.stringify({ ...filters, ...(text !== undefined && { text: '…' }) });
}

/**
 * Lists the sessions that the principal may view, a page at a time. A process list has no snapshot: a session that
 * begins between two pages is found if its place comes later, and none is shown twice in the order by ID.
 *
 * @throws AppError `request-invalid` for a cursor of another query; `target-not-found`; `audit-unavailable` where
 * statements would be shown with their literals and nobody could record that; the `target-…` family.
 */
export function listSessions(services: Services, { principal, target, query }: ListRequest): Promise<SessionPage> {
  const { cursor, limit, ...rest } = query;
  const binding = { ...rest, target, principal: [principal.source, principal.subject] };
  const after = cursor === undefined ? undefined : toPosition(decodeCursor(cursor, binding));
  if (cursor !== undefined && after === undefined)
    throw new AppError('request-invalid', { detail: 'cursor: it is not one that a page gave.' });
  return withTarget(services, { principal, target }, async (database) => {
    const viewer = await viewerOf(services, principal, target, database, query.full);
    const blocking = query.blocking === undefined ? null : blockingOf(await knownLockWaits(database));
    const isBlocking = (session: Session): Holds => {
      if (blocking === null) return true;
      return query.blocking ? blocking(session) : negate(blocking(session));
    };
    const tests = [isBlocking, (session: Session) => matchesQuery(session, query, viewer)];
    const judged = (await database.list())
      .filter((session) => mayView(viewer.access, session))
      .map((session) => ({ session, matches: allHold(tests, (test) => test(session)) }));
    const undecided = judged.filter(({ matches }) => matches === undefined).length;
    const sorted = judged
      .filter(({ matches }) => matches)
      .map(({ session }) => ({ session, position: positionOf(session, query.sort) }))
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
    return { sessions, next: sessions.length < sorted.length ? encodeCursor(binding, last) : null, undecided };
  });
}

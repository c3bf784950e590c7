import type { KillKind } from '../sessions/session.ts';
import { type KillPacket, killPacket } from './compare-and-kill.ts';
import type { Connection } from './connection.ts';
import type { KillReply, Victim } from './database.ts';
import type { Dialect, Source } from './dialect.ts';
import { faultOf, toAppError } from './faults.ts';
import { lastRows } from './last-rows.ts';

/** Where kills go, and what they bear. */
export interface KillPath {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly source: Source;
  /** Stands before each statement. */
  readonly comment: string;
}

/** A vendor's procedure that our account may not execute (ER_PROCACCESS_DENIED_ERROR). */
const isProcedureDenied = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'errno' in error && error.errno === 1370;

/** Sends compare-and-kill until each victim has its reply. @throws AppError where the connection broke: what had been sent may have happened */
export async function sendKills(
  { connection, dialect: best, source, comment }: KillPath,
  victims: readonly Victim[],
  kind: KillKind,
): Promise<readonly KillReply[]> {
  /** Which of these compared equal in a packet that a KILL has ended early. */
  const matchedIn = async ({ guardOf }: KillPacket, some: readonly Victim[]): Promise<readonly boolean[]> => {
    const columns = some.map((victim, place) => `${guardOf(victim)} AS m${place}`);
    const [row] = await lastRows(connection, best, `SELECT ${columns.join(', ')}`);
    return some.map((_, place) => Number(row?.[`m${place}`] ?? 0) > 0);
  };

  let dialect = best;
  const replies = new Map<Victim, KillReply>();
  const answer = (some: readonly Victim[], reply: KillReply): void => {
    for (const victim of some) replies.set(victim, reply);
  };
  // A KILL that finds nobody ends the rest of its packet, so who compared equal in it goes out again, compared anew.
  for (;;) {
    const rest = victims.filter((victim) => !replies.has(victim));
    if (rest.length === 0) return victims.map((victim) => replies.get(victim) ?? 'no-match');
    const packet = killPacket(dialect, source, rest, kind, comment);
    const { sets, error } = await connection.query(packet.statements.join('; '));
    if (error === undefined) {
      answer(rest, 'sent');
      continue;
    }
    if (packet.cleanUp !== undefined) await connection.query(packet.cleanUp);
    const sent = sets.length - packet.before;
    const fault = faultOf(error, dialect);
    const [failed, ...later] = rest.slice(Math.max(sent, 0));
    if (sent < 0 || failed === undefined) throw toAppError(error, dialect);
    if (fault !== 'no-such-session' && fault !== 'privilege' && fault !== 'partly-killed')
      throw toAppError(error, dialect);
    answer(rest.slice(0, sent), 'sent');
    if (fault === 'partly-killed') {
      answer([failed], 'sent');
      continue;
    }
    const plain = isProcedureDenied(error) ? dialect.withoutProcedure?.(kind) : undefined;
    if (plain !== undefined) {
      dialect = plain;
      continue;
    }
    if (fault === 'privilege') {
      answer([failed], 'denied');
      continue;
    }
    const [matched, ...laterMatched] = await matchedIn(packet, [failed, ...later]);
    answer([failed], matched ? 'gone' : 'no-match');
    answer(
      later.filter((_, place) => !laterMatched[place]),
      'no-match',
    );
  }
}

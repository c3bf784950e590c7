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
  /** Why a KILL found nobody: it had not compared equal, or it ended between compare and KILL. */
  const whyNot = async (victim: Victim, { guardOf }: KillPacket): Promise<KillReply> => {
    const [row] = await lastRows(connection, best, `SELECT ${guardOf(victim)} AS matched`);
    return Number(row?.['matched'] ?? 0) > 0 ? 'gone' : 'no-match';
  };

  let dialect = best;
  const replies: KillReply[] = [];
  // A KILL that finds nobody ends the rest of its packet, so what is left goes out again, compared anew.
  while (replies.length < victims.length) {
    const rest = victims.slice(replies.length);
    const packet = killPacket(dialect, source, rest, kind, comment);
    const { sets, error } = await connection.query(packet.statements.join('; '));
    if (error === undefined) return [...replies, ...rest.map((): KillReply => 'sent')];
    if (packet.cleanUp !== undefined) await connection.query(packet.cleanUp);
    const sent = sets.length - packet.before;
    const fault = faultOf(error, dialect);
    const failed = rest[sent];
    if (sent < 0 || failed === undefined) throw toAppError(error, dialect);
    if (fault !== 'no-such-session' && fault !== 'privilege' && fault !== 'partly-killed')
      throw toAppError(error, dialect);
    replies.push(...rest.slice(0, sent).map((): KillReply => 'sent'));
    if (fault === 'partly-killed') {
      replies.push('sent');
      continue;
    }
    const plain = isProcedureDenied(error) ? dialect.withoutProcedure?.(kind) : undefined;
    if (plain !== undefined) {
      dialect = plain;
      continue;
    }
    replies.push(fault === 'privilege' ? 'denied' : await whyNot(failed, packet));
  }
  return replies;
}

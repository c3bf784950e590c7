import type { KillKind } from '../sessions/session.ts';
import type { Victim } from './database.ts';
import type { Dialect, Source } from './dialect.ts';
import { digestOf, isExactly } from './sql.ts';

/** The user variable that carries the IDs which compared equal from the compare to each KILL. */
export const MATCHED = '@session_warden';

/** Age and clock are whole seconds, each rounded in its own way, and two observers' clocks are not one. */
const ROUNDING_SECONDS = 2;

/** All that must still hold of a victim in the server, as one SQL condition. The statement's text is compared besides its ID, since a server may read the two a moment apart. */
function stillIs(
  { session, compareStatement, compareActivity = false, leastTime = 0 }: Victim,
  source: Source,
  kind: KillKind,
): string {
  const c = source.columns;
  const conditions = [`${c.id} = ${session.id}`, isExactly(c.user, session.user), isExactly(c.host, session.host)];
  const statement = session.statement;
  if (compareStatement) {
    if (statement === null) return 'FALSE';
    conditions.push(isExactly(digestOf(c.text), statement.digest));
    if (statement.id !== null) conditions.push(isExactly(`CAST(${c.statementId} AS CHAR)`, statement.id));
    // Without an identity of its own, a statement with the same text that began later is told apart by its age.
    else if (session.time !== null) conditions.push(`${c.time} >= ${session.time}`);
  }
  // It ends at any moment, and a second KILL would meet the next statement.
  if (kind === 'query') conditions.push(`LOWER(CONCAT_WS(' ', ${c.command}, ${c.state})) NOT LIKE '%killed%'`);
  if (compareActivity) {
    conditions.push(isExactly(c.command, session.command));
    if (session.time !== null) conditions.push(`${c.time} >= ${Math.max(session.time, leastTime)}`);
    // A list of many takes its time, in which one that woke up may have slept for as long as before.
    if (session.beganAt !== undefined)
      conditions.push(`UNIX_TIMESTAMP() - ${c.time} <= ${session.beganAt + ROUNDING_SECONDS}`);
  }
  return `(${conditions.join(' AND ')})`;
}

/** One packet: what ends in KILLs, and where they stand in it. */
export interface KillPacket {
  readonly statements: readonly string[];
  /** How many statements stand before the first KILL. */
  readonly before: number;
  /** The condition under which the KILL of a victim acts. */
  readonly guardOf: (victim: Victim) => string;
  /** Undoes what a packet that ended early has left behind. */
  readonly cleanUp: string | undefined;
}

/**
 * One multi-statement: a SELECT that compares every victim at once, and a KILL for each that acts only if it compared
 * equal. Compare and KILL stand next to each other in one packet, since a server may run another statement in between.
 * KILL of 0, for one that did not compare equal, answers 1094 and ends the rest. Around the KILLs of statements
 * stands what the dialect has to aim them ({@link Dialect.aim}).
 *
 * The comment stands before every statement, since servers log each of a packet by itself.
 *
 * No PREPARE: OceanBase kernel 1.4.0 crashes of a prepared KILL under load, and an older one cuts wrong statements.
 */
export function killPacket(
  dialect: Dialect,
  source: Source,
  victims: readonly Victim[],
  kind: KillKind,
  comment = '',
): KillPacket {
  const { id, server } = source.columns;
  // A process list has no index: without the IN, each of its rows would be compared with every victim in full.
  const ids = victims.map(({ session }) => session.id).join(', ');
  // The server's identity may take a look-up, so it is compared once for all victims of one server.
  const groups = [...Map.groupBy(victims, ({ session }) => session.server)].map(
    ([name, same]) =>
      `${isExactly(server, name)} AND (${same.map((victim) => stillIs(victim, source, kind)).join(' OR ')})`,
  );
  const compare = `SET ${MATCHED} = (SELECT GROUP_CONCAT(${id}) FROM ${source.from} WHERE ${id} IN (${ids}) AND (${groups.join(' OR ')}))`;
  const aim = kind === 'query' ? dialect.aim?.(victims.map(targetOf)) : undefined;
  const guardOf = ({ session }: Victim): string =>
    [`FIND_IN_SET('${session.id}', ${MATCHED})`, ...(aim?.last === undefined ? [] : [aim.last.guard])].join(' AND ');
  const kills = victims.map((victim) => dialect.kill(targetOf(victim), kind, guardOf(victim)));
  const first = [aim?.before, compare, aim?.last?.look].filter((statement) => statement !== undefined);
  const statements = [...first, ...kills, ...(aim?.after === undefined ? [] : [aim.after])];
  return {
    statements: statements.map((statement) => comment + statement),
    before: first.length,
    guardOf,
    cleanUp: aim?.after,
  };
}

const targetOf = ({ session }: Victim) => ({ id: session.id, statementId: session.statement?.id ?? null });

/** The text of a {@link killPacket}. */
export const compareAndKillSql = (...what: Parameters<typeof killPacket>): string =>
  killPacket(...what).statements.join('; ');

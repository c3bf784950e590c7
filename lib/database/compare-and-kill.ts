import { CLOCK_ROUNDING_SECONDS, type KillKind } from '../sessions/session.ts';
import type { Connection } from './connection.ts';
import type { KillReply, Victim } from './database.ts';
import { type Dialect, digestOf, isExactly, type Source } from './dialect.ts';
import { faultOf, toAppError } from './faults.ts';

/** How many victims share one user variable, a bit each. */
const BITS = 60;

/** What is equal for as long as a victim is the same: an expression in the server, and what it was. */
interface Fact {
  readonly expression: string;
  readonly value: string | null;
}

/** The seconds between which the age of a victim's command, or its beginning, must lie; `null` where that is no matter. */
interface Ages {
  readonly leastTime: number | null;
  readonly latestBeginning: number | null;
}

/** What must still hold of a victim. The statement's text is compared besides its ID, since a server may read the two a moment apart. */
interface Check extends Ages {
  readonly victim: Victim;
  readonly facts: readonly Fact[];
}

/** `undefined` for one that can never compare equal: its statement is meant, and it runs none. */
function checkOf(victim: Victim, { columns: c }: Source): Check | undefined {
  const { session, compareStatement, compareActivity = false, leastTime = 0 } = victim;
  const { statement, time, beganAt } = session;
  if (compareStatement && statement === null) return undefined;
  const facts: Fact[] = [
    { expression: c.id, value: session.id },
    { expression: c.user, value: session.user },
    { expression: c.host, value: session.host },
  ];
  if (compareActivity) facts.push({ expression: c.command, value: session.command });
  if (compareStatement && statement !== null) {
    facts.push({ expression: digestOf(c.text), value: statement.digest });
    if (statement.id !== null) facts.push({ expression: `CAST(${c.statementId} AS CHAR)`, value: statement.id });
  }
  // Without an identity of its own, a statement with the same text that began later is told apart by its age.
  const byAge = compareActivity || (compareStatement && statement?.id === null);
  return {
    victim,
    facts,
    leastTime: byAge && time !== null ? Math.max(time, compareActivity ? leastTime : 0) : null,
    // A list of many takes its time, in which one that woke up may have slept for as long as before.
    latestBeginning: compareActivity && beganAt !== undefined ? beganAt + CLOCK_ROUNDING_SECONDS : null,
  };
}

/** Victims of one shape are compared by one key each: with a chain of conditions, the time would grow with the square of a packet. */
const shapeOf = ({ victim, facts, leastTime, latestBeginning }: Check): string =>
  JSON.stringify([
    victim.session.server,
    facts.map(({ expression }) => expression),
    leastTime !== null,
    latestBeginning !== null,
  ]);

/** What a victim's facts are together, as one literal. No text in UTF-8 has the bytes FE and FF. */
const keyOf = ({ facts }: Check): string => {
  const parts = facts.map(({ value }) => (value === null ? 'fe' : Buffer.from(value, 'utf8').toString('hex')));
  return `x'${parts.join('ff')}'`;
};

/** An aggregate with a bit for each victim of one shape whose row still has its facts, and is as old as it must be. */
function bitsOf(checks: readonly [Check, ...Check[]], { server, id, time }: Source['columns']): string {
  const [{ victim, facts, leastTime, latestBeginning }] = checks;
  const place = `FIELD(${id}, ${checks.map((check) => check.victim.session.id).join(', ')})`;
  const its = (valueIn: (check: Check) => string | number | null): string =>
    `ELT(${place}, ${checks.map(valueIn).join(', ')})`;
  const key = facts.map(({ expression }) => `COALESCE(CAST(${expression} AS BINARY), x'fe')`).join(', ');
  const conditions = [
    `${place} > 0`,
    isExactly(server, victim.session.server),
    `CONCAT_WS(x'ff', ${key}) = ${its(keyOf)}`,
    ...(leastTime === null ? [] : [`${time} >= ${its((check) => check.leastTime)}`]),
    ...(latestBeginning === null ? [] : [`UNIX_TIMESTAMP() - ${time} <= ${its((check) => check.latestBeginning)}`]),
  ];
  return `BIT_OR(IF(${conditions.join(' AND ')}, 1 << (${place} - 1), 0))`;
}

/** The user variables that carry who compared equal from the compare to each KILL. */
const MATCHED = '@session_warden';

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
 * comes what the dialect has to aim them ({@link Dialect.aim}).
 *
 * The comment comes before every statement, since servers log each of a packet by itself.
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
  const { id, command, state } = source.columns;
  const checks = victims.flatMap((victim) => checkOf(victim, source) ?? []);
  const blocks = [...Map.groupBy(checks, shapeOf).values()].flatMap(inBlocks);
  const guards = new Map(
    blocks.flatMap((block, number) =>
      block.map(({ victim }, place) => [victim, `${MATCHED}_${number} & ${1n << BigInt(place)}`] as const),
    ),
  );
  const conditions = [`${id} IN (${victims.map(({ session }) => session.id).join(', ')})`];
  // It ends at any moment, and a second KILL would meet the next statement.
  if (kind === 'query') conditions.push(`LOWER(CONCAT_WS(' ', ${command}, ${state})) NOT LIKE '%killed%'`);
  const compare =
    blocks.length === 0
      ? 'DO 0'
      : `SELECT ${blocks.map((block) => bitsOf(block, source.columns)).join(', ')} INTO ${blocks.map((_, number) => `${MATCHED}_${number}`).join(', ')} FROM ${source.from} WHERE ${conditions.join(' AND ')}`;
  const aim = kind === 'query' ? dialect.aim?.(victims.map(targetOf)) : undefined;
  const guardOf = (victim: Victim): string =>
    [guards.get(victim) ?? 'FALSE', ...(aim?.last === undefined ? [] : [aim.last.guard])].join(' AND ');
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

/** As many at once as one user variable has bits for. */
function inBlocks(checks: readonly Check[]): readonly [Check, ...Check[]][] {
  const [first, ...others] = checks.slice(0, BITS);
  return first === undefined ? [] : [[first, ...others], ...inBlocks(checks.slice(BITS))];
}

const targetOf = ({ session }: Victim) => ({ id: session.id, statementId: session.statement?.id ?? null });

/** The text of a {@link killPacket}. */
export const compareAndKillSql = (...what: Parameters<typeof killPacket>): string =>
  killPacket(...what).statements.join('; ');

/** Where kills go, and what they bear. */
export interface KillPath {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly source: Source;
  /** Goes before each statement. */
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
    const { sets, error } = await connection.query(`SELECT ${columns.join(', ')}`);
    if (error !== undefined) throw toAppError(error, best);
    const [row] = sets.at(-1) ?? [];
    return some.map((_, place) => Number(row?.[`m${place}`] ?? 0) > 0);
  };

  let dialect = best;
  const replies = new Map<Victim, KillReply>();
  const answer = (some: readonly Victim[], reply: KillReply): void => {
    for (const victim of some) replies.set(victim, reply);
  };
  // A KILL that finds no session ends the rest of its packet, so victims that compared equal in it are compared and sent again.
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

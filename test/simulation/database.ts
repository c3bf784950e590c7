import { judgeRecord } from '../../lib/database/connected-database.ts';
import type { KillingDatabase, KillReply, StatementRecord, Victim } from '../../lib/database/database.ts';
import { AppError } from '../../lib/errors.ts';
import { type KillKind, type Session, type SessionId, sessionId } from '../../lib/sessions/session.ts';
import type { Break } from './breaks.ts';
import type { Call, Judge } from './judge.ts';
import type { Rows } from './rows.ts';
import type { Boot, Client, World } from './world.ts';

/** What a server lets a connection of ours live without a word from us, milliseconds. */
const WAIT_TIMEOUT = 11_000;
const OVERALL = 20_000;
const KEPT = 10;
/** How long a packet waits for the one before it, and how long it keeps the next one back once it has sent its KILL, milliseconds. */
const LOCK_WAIT = 1_000;
const LOCK_AFTER = 5;

const elsewhere = (): AppError => new AppError('target-failed', { detail: 'Another server answered.' });

/** What the compare of a packet says of one victim, as {@link import('../../lib/database/compare-and-kill.ts')} words it in SQL. */
export type Compare = (victim: Victim, now: Session, kind: KillKind) => boolean;

/** One connection of ours to the model. Each call takes two turns: until it takes effect, and until its answer is here. */
export function simulatedDatabase(
  world: World,
  rows: Rows,
  judge: Judge,
  call: Call,
  breaks: Pick<Break, 'compare' | 'recordsByLastKill'>,
  ownId: string,
): KillingDatabase {
  const compare = breaks.compare ?? compareAsSent;
  const { engine, seed, weather, scheduler } = world;
  const boot = world.current;
  const openedAt = world.now;
  let lastWord = world.now;
  let isBroken = false;
  let keepsRecord = engine.record !== 'none' || engine.engine === 'oceanbase';
  let lastKill = { began: world.now, ended: world.now };
  /** Of each statement that was asked for, the KILL before that. */
  const killOf = new Map<string, typeof lastKill>();

  const fail = (code: 'target-unreachable' | 'target-timeout'): never => {
    isBroken = true;
    throw new AppError(code);
  };
  /** Where a packet arrives: a connection may have broken, or have been closed behind us. */
  const arrive = async (): Promise<void> => {
    await scheduler.turn(call.name);
    const silent = world.now - lastWord > WAIT_TIMEOUT || world.now - openedAt > OVERALL;
    if (isBroken || silent || !boot.isUp) fail('target-unreachable');
    if (boot !== world.current && seed.oneIn(2)) fail('target-unreachable');
    lastWord = world.now;
  };
  const answer = async (): Promise<void> => {
    await scheduler.turn(call.name);
    if (weather.losses > 0 && seed.oneIn(weather.losses)) {
      world.say(() => `${call.name}: the answer is lost`);
      fail('target-timeout');
    }
    lastWord = world.now;
  };
  const look = async (ids: readonly SessionId[] | undefined): Promise<readonly Session[]> => {
    if (ids?.length === 0) return [];
    await arrive();
    // A proxy may pass to the other server: there our own connection is not in the list.
    if (boot !== world.current && seed.oneIn(2)) throw elsewhere();
    world.pass();
    const found = rows.of(boot, ids);
    judge.looked(call, found);
    await answer();
    const own = ids === undefined || ids.includes(sessionId(ownId)) ? [rows.own(boot, ownId)] : [];
    return [...found, ...own];
  };

  const matches = (victim: Victim, kind: KillKind): Client | undefined => {
    const { session } = victim;
    return world
      .there(boot)
      .find(
        (client) =>
          client.id === session.id && compare(victim, rows.of(boot, [client.id]).find(isOf(client)) ?? session, kind),
      );
  };
  const isOf =
    (client: Client) =>
    (row: Session): boolean =>
      rows.seen(row)?.client === client;

  /** What KILL does once it is the server's turn: it names an ID, or on MariaDB an execution, and nothing else. */
  const strike = (victim: Victim, matched: Client, kind: KillKind): KillReply => {
    const { session } = victim;
    world.pass();
    // One ID may be listed by several nodes, and KILL names none.
    const target = seed.any(world.there(boot).filter(({ id }) => id === matched.id));
    if (target === undefined) return 'gone';
    if (kind === 'connection') {
      if (target.killed !== null) return 'sent';
      judge.struck(call, victim, target, null, kind);
      world.kill(target, call.name);
      return 'sent';
    }
    if (engine.killsStatementsExactly && target.running?.id !== session.statement?.id) return 'gone';
    judge.struck(call, victim, target, target.running, kind);
    world.cut(target, call.name);
    return 'sent';
  };

  /** The lock by which packets for one session follow one another. Who waits for a second goes on without it. */
  const inTurn = async (victims: readonly Victim[], kind: KillKind): Promise<readonly KillReply[]> => {
    const [only] = victims;
    if (engine.showsCuts || kind === 'connection' || only === undefined) return packet(victims, kind);
    await arrive();
    const { id } = only.session;
    const before = boot.packets.get(id) ?? Promise.resolve();
    const after = (milliseconds: number, then: () => void) => scheduler.clock.after(milliseconds, then);
    let release = (): void => {};
    boot.packets.set(id, new Promise((done) => (release = done)));
    await Promise.race([before, new Promise<void>((late) => after(LOCK_WAIT, late))]);
    try {
      return await packet([only], kind);
    } finally {
      after(LOCK_AFTER, release);
    }
  };
  const packet = async (victims: readonly Victim[], kind: KillKind): Promise<readonly KillReply[]> => {
    await arrive();
    world.pass();
    const matched = victims.map((victim) => matches(victim, kind));
    for (const [at, victim] of victims.entries()) judge.compared(call, victim, matched[at], kind);
    const replies: KillReply[] = [];
    for (const [at, victim] of victims.entries()) {
      const client = matched[at];
      lastKill = { began: world.now, ended: world.now };
      if (client === undefined) return [...replies, 'no-match'];
      if (seed.oneIn(2)) await scheduler.turn(call.name);
      // The moment that matters most: what was compared is something else by now.
      if (weather.life > 0 && seed.oneIn(4)) world.moveOn(client);
      lastKill = { began: world.now, ended: world.now };
      const reply = strike(victim, client, kind);
      replies.push(reply);
      if (reply === 'gone') return replies;
    }
    return replies;
  };

  return {
    server: {
      engine: engine.engine,
      version: '1',
      identity: rows.serverOf(boot),
      ownId: sessionId(ownId),
      account: "'warden'@'%'",
      managed: false,
      encryption: { mode: 'verified', weakness: null },
    },
    exactStatements: engine.exactStatements,
    killsStatementsExactly: engine.killsStatementsExactly,
    get keepsRecord() {
      return keepsRecord;
    },
    source: { name: 'model', weakness: null },
    seesLingering: engine.rollsBack !== 'unseen',
    superPrivilege: 'SUPER',
    survey: async () => ({}),
    list: (ids) => look(ids),
    find: (ids) => look(ids),
    compareAndKill: async (victims, kind) => {
      judge.sends(call, victims, kind);
      const replies: KillReply[] = [];
      while (replies.length < victims.length) {
        replies.push(...(await inTurn(victims.slice(replies.length), kind)));
        await answer();
      }
      return replies;
    },
    statementRecord: async (victim) => {
      if (!keepsRecord || victim.statement?.id == null) return 'unknown';
      await arrive();
      world.pass();
      const record = recordOf(boot, victim);
      await answer();
      return record;
    },
    lockWaits: async () => [],
    connections: async () => null,
    privilegesOf: async () => ({ process: false, super: false }),
    ownPrivileges: async () => ({ process: true, super: true }),
    findMissingGrants: async () => [],
    close: async () => {},
  };

  function recordOf(at: Boot, victim: Session): StatementRecord {
    if (engine.record === 'none') {
      keepsRecord = false;
      return 'unknown';
    }
    const statementId = victim.statement?.id ?? '';
    const client = world.there(at).find(({ id }) => id === victim.id);
    if (client === undefined) return 'unknown';
    const isClocked = engine.record === 'clocked';
    const kill = (breaks.recordsByLastKill ? undefined : killOf.get(statementId)) ?? lastKill;
    killOf.set(statementId, kill);
    const ended = client.ended.slice(-KEPT).map(({ id, startedAt, isQuiet, end }) => ({
      statementId: id,
      running: 0,
      cut: end?.by === 'cut' && !isQuiet && (!isClocked || id === statementId || startedAt <= kill.ended) ? 1 : 0,
      afterKill: isClocked ? ((end?.at ?? 0) >= kill.began ? 1 : 0) : null,
    }));
    const running =
      client.running === null ? [] : [{ statementId: client.running.id, running: 1, cut: 0, afterKill: 0 }];
    const from = (row: { statementId: string }): boolean => Number(row.statementId) >= Number(statementId);
    return judgeRecord([...ended, ...running].filter(from), statementId);
  }
}

/** The compare as the packet has it. */
export const compareAsSent: Compare = (victim, now, kind) => {
  const { session, compareStatement, compareActivity = false, leastTime = 0 } = victim;
  if (now.server !== session.server || now.user !== session.user || now.host !== session.host) return false;
  if (compareStatement) {
    if (session.statement === null || now.statement?.digest !== session.statement.digest) return false;
    if (session.statement.id !== null) {
      if (now.statement.id !== session.statement.id) return false;
    } else if (session.time !== null && (now.time === null || now.time < session.time)) return false;
  }
  if (kind === 'query' && /killed/i.test(`${now.command} ${now.state}`)) return false;
  if (!compareActivity) return true;
  if (now.command !== session.command) return false;
  return session.time === null || (now.time !== null && now.time >= Math.max(session.time, leastTime));
};

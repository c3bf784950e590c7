import type { KillingDatabase, KillReply, StatementRecord, Victim } from '../../lib/database/database.ts';
import { isAsleep, isBeingKilled, isUnknown, type Session, type SessionId } from '../../lib/sessions/session.ts';

/** How a statement ended for the client that ran it. */
export type Ended = 'itself' | 'cut' | 'session';

/** A client of a server, or of the model of one. */
export interface Guest {
  readonly id: SessionId;
  /** Opens a transaction that has done something. */
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Begins a statement, told from others by its word, that goes on for a second or two. */
  start(word: string): Promise<void>;
  /** Begins one that takes a while to end once it is cut, for all that it undoes. */
  startMuch(): Promise<void>;
  /** Does in a transaction what takes a while to undo. */
  doMuch(): Promise<void>;
  /** Waits for the end of the statement that was begun last. */
  ended(): Promise<Ended>;
  leave(): Promise<void>;
}

/** A server with the product's connection to it, or the model of both. */
export interface Ground {
  readonly database: KillingDatabase;
  connect(): Promise<Guest>;
  pause(milliseconds: number): Promise<void>;
}

/** What is seen of a session, without all that differs from one run to the next. */
export interface Sight {
  readonly runs: boolean;
  readonly asleep: boolean;
  readonly identity: boolean;
  readonly transaction: boolean | 'unknown';
  readonly beingKilled: boolean;
  readonly lingering: boolean;
  readonly named: boolean;
}
type Seen = Sight | 'nowhere';

/** One thing that a script saw. */
export type Observation = Seen | KillReply | StatementRecord | Ended | boolean | readonly KillReply[];

/** What happens on both, and what is seen of it, in order. */
export interface Script {
  readonly name: string;
  /** What is seen depends on how long the server needs, so that it may be missed: there it is one of these. */
  readonly mayMiss?: true;
  readonly play: (ground: Ground) => Promise<readonly Observation[]>;
}

const ROUNDS = 60;

const sightOf = (row: Session | undefined): Seen =>
  row === undefined
    ? 'nowhere'
    : {
        runs: row.statement !== null,
        asleep: isAsleep(row.command),
        identity: (row.statement?.id ?? null) !== null,
        transaction: isUnknown(row, 'transaction') ? 'unknown' : row.transaction !== null,
        beingKilled: isBeingKilled(row),
        lingering: row.lingering === true,
        named: row.user !== null,
      };

/** A look at single sessions reads no transactions. */
const briefSightOf = (row: Session | undefined): Seen =>
  sightOf(row === undefined ? undefined : { ...row, transaction: null, unknown: [] });

/** Looks until a row is as it has to be: servers show some things a moment later. The last look counts. */
async function look(
  { database, pause }: Ground,
  { id }: Guest,
  until: (row: Session | undefined) => boolean,
): Promise<Session | undefined> {
  for (let round = 1; ; round++) {
    const row = (await database.list()).find((one) => one.id === id);
    if (until(row) || round === ROUNDS) return row;
    await pause(round < 20 ? 10 : 100);
  }
}

const running =
  (word: string) =>
  (row: Session | undefined): boolean =>
    row?.statement?.text?.includes(word) === true;
const idle = (row: Session | undefined): boolean => row !== undefined && row.statement === null;
const inTransaction = (row: Session | undefined): boolean =>
  row !== undefined && (row.transaction !== null || isUnknown(row, 'transaction'));
const isGone = (row: Session | undefined): boolean => row === undefined;

/** The statement that a guest begins, as the product sees it. */
async function victimOf(ground: Ground, guest: Guest, word: string): Promise<Victim> {
  await guest.start(word);
  const session = await look(ground, guest, running(word));
  if (session === undefined) throw new Error(`${guest.id} is nowhere`);
  return { session, compareStatement: true };
}

async function idleVictim(ground: Ground, guest: Guest): Promise<Victim> {
  const session = await look(ground, guest, idle);
  if (session === undefined) throw new Error(`${guest.id} is nowhere`);
  return { session, compareStatement: false };
}

const recordOf = async ({ database, pause }: Ground, { session }: Victim): Promise<StatementRecord> => {
  let record = await database.statementRecord(session);
  // A row of it is written once the client has its answer.
  for (let round = 0; round < 20 && record === 'ended'; round++) {
    await pause(20);
    record = await database.statementRecord(session);
  }
  return record;
};

/** The scripts: what kills depend on. */
export const SCRIPTS: readonly Script[] = [
  {
    name: 'one text twice is two statements',
    play: async (ground) => {
      const guest = await ground.connect();
      const before = sightOf(await look(ground, guest, idle));
      const first = await victimOf(ground, guest, 'alpha');
      const ended = await guest.ended();
      const second = await victimOf(ground, guest, 'alpha');
      const isOne = first.session.statement?.id === second.session.statement?.id;
      return [before, sightOf(first.session), ended, isOne, await guest.ended()];
    },
  },
  {
    name: 'a transaction begins and ends',
    play: async (ground) => {
      const guest = await ground.connect();
      await guest.begin();
      const before = sightOf(await look(ground, guest, inTransaction));
      await guest.start('alpha');
      const during = sightOf(await look(ground, guest, (row) => running('alpha')(row) && inTransaction(row)));
      const ended = await guest.ended();
      await guest.commit();
      const after = await look(ground, guest, (row) => row?.transaction === null);
      return [before, during, ended, sightOf(after)];
    },
  },
  {
    name: 'a statement is cut',
    play: async (ground) => {
      const guest = await ground.connect();
      const victim = await victimOf(ground, guest, 'alpha');
      const replies = await ground.database.compareAndKill([victim], 'query');
      const ended = await guest.ended();
      return [replies, ended, sightOf(await look(ground, guest, idle)), await recordOf(ground, victim)];
    },
  },
  {
    name: 'a statement in a transaction is cut',
    play: async (ground) => {
      const guest = await ground.connect();
      await guest.begin();
      const victim = await victimOf(ground, guest, 'alpha');
      const replies = await ground.database.compareAndKill([victim], 'query');
      return [replies, await guest.ended(), await recordOf(ground, victim)];
    },
  },
  {
    name: 'a statement has ended before its KILL',
    play: async (ground) => {
      const guest = await ground.connect();
      const victim = await victimOf(ground, guest, 'alpha');
      const ended = await guest.ended();
      await look(ground, guest, idle);
      const replies = await ground.database.compareAndKill([victim], 'query');
      return [ended, replies, sightOf(await look(ground, guest, idle))];
    },
  },
  {
    name: 'another statement runs by then',
    play: async (ground) => {
      const guest = await ground.connect();
      const victim = await victimOf(ground, guest, 'alpha');
      await guest.ended();
      await victimOf(ground, guest, 'beta');
      const replies = await ground.database.compareAndKill([victim], 'query');
      return [replies, await guest.ended(), await recordOf(ground, victim)];
    },
  },
  {
    name: 'the same text runs again by then',
    play: async (ground) => {
      const guest = await ground.connect();
      let victim = await victimOf(ground, guest, 'alpha');
      await guest.ended();
      // Seen over the turn of a second it is older than the next one, and that tells them apart.
      for (let tries = 0; (victim.session.time ?? 0) > 0 && tries < 10; tries++) {
        victim = await victimOf(ground, guest, 'alpha');
        await guest.ended();
      }
      await victimOf(ground, guest, 'alpha');
      return [await ground.database.compareAndKill([victim], 'query'), await guest.ended()];
    },
  },
  {
    name: 'a session is ended, and meant once more',
    play: async (ground) => {
      const guest = await ground.connect();
      const victim = await idleVictim(ground, guest);
      const first = await ground.database.compareAndKill([victim], 'connection');
      const after = sightOf(await look(ground, guest, isGone));
      return [first, after, await ground.database.compareAndKill([victim], 'connection')];
    },
  },
  {
    name: 'a session is ended while it runs a statement',
    play: async (ground) => {
      const guest = await ground.connect();
      const { session } = await victimOf(ground, guest, 'alpha');
      const victim = { session, compareStatement: false };
      const replies = await ground.database.compareAndKill([victim], 'connection');
      return [replies, await guest.ended(), sightOf(await look(ground, guest, isGone))];
    },
  },
  {
    name: 'a session leaves before its KILL',
    play: async (ground) => {
      const guest = await ground.connect();
      const victim = await idleVictim(ground, guest);
      await guest.leave();
      const after = sightOf(await look(ground, guest, isGone));
      return [after, await ground.database.compareAndKill([victim], 'connection')];
    },
  },
  {
    name: 'one of two that are meant has gone',
    play: async (ground) => {
      const [first, second] = [await ground.connect(), await ground.connect()];
      const victims = [await idleVictim(ground, first), await idleVictim(ground, second)];
      await first.leave();
      await look(ground, first, isGone);
      const replies = await ground.database.compareAndKill(victims, 'connection');
      return [replies, sightOf(await look(ground, second, isGone))];
    },
  },
  {
    name: 'what an ended session did is undone',
    mayMiss: true,
    play: async (ground) => {
      const guest = await ground.connect();
      await guest.doMuch();
      const victim = await idleVictim(ground, guest);
      await ground.database.compareAndKill([victim], 'connection');
      const [row] = await ground.database.find([guest.id]);
      return [briefSightOf(row)];
    },
  },
  {
    name: 'a statement that is being cut is meant once more',
    mayMiss: true,
    play: async (ground) => {
      const guest = await ground.connect();
      await guest.startMuch();
      const session = await look(ground, guest, (row) => row?.statement?.text?.includes('UPDATE') === true);
      if (session?.statement === undefined || session.statement === null) return ['nowhere'];
      await ground.pause(300);
      const victim = { session, compareStatement: true };
      await ground.database.compareAndKill([victim], 'query');
      const [row] = await ground.database.find([guest.id]);
      return row?.statement === null ? ['nowhere'] : [briefSightOf(row)];
    },
  },
];

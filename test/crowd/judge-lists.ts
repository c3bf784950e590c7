import { isAsleep, isBeingKilled, type Session } from '../../lib/sessions/session.ts';
import type { SessionView } from '../../lib/sessions/session-view.ts';
import type { EngineName as Engine } from '../engines/engine-status.ts';
import { atAnyTime, during, isAcross, type Life, livesOf, markIn, type Notes, ranThroughout, surely } from './notes.ts';
import { type Call, isBlind } from './product.ts';

/** An answer that was false during the whole of its call, or an end that nobody had asked for. */
export interface Contradiction {
  /** What kind of claim it is, the same for all of one kind. */
  readonly claim: string;
  /** What is wrong, in one sentence. */
  readonly says: string;
  readonly lives: readonly Life[];
  readonly from: number;
  readonly to: number;
  readonly call: Call | null;
}

/** What the judge knows of the server besides. */
export interface Server {
  readonly engine: Engine;
  /** The server tells statements apart by text and age only, and a sleeper's age from the beginning of its last statement. */
  readonly isApproximate: boolean;
  /** One call may tell statements apart exactly, and the next by text and age. */
  readonly isMixed: boolean;
  /** The product's account sees all sessions, not its own alone. */
  readonly seesAll: boolean;
}

/** How long a server may show what has ended: it answers its client before it tidies up, and shares two cores with others. */
export const LATE_MS = 400;
const TRANSACTION_MS = 1_000;
/** InnoDB shows transactions from a cache that it renews once nobody has read it for a tenth of a second; three watchers keep it for longer. */
const CACHED_MS = 4_000;
/** How long ago what is said of transactions may have been so. */
const transactionsLate = ({ engine, isApproximate, seesAll }: Server): number =>
  // Whoever may not see all is shown no transaction, from no cache.
  seesAll && (engine === 'mariadb' || isApproximate) ? CACHED_MS : TRANSACTION_MS;
/** Whether a session was in a transaction all the while; `null` where that changed or nobody can say. */
export function wasInTransaction(life: Life, from: number, to: number, server: Server): boolean | null {
  const is = during(life.transactions, from - transactionsLate(server), to);
  // Who is ended loses its transaction before its client hears of it.
  return is === true && life.gone <= to + LATE_MS ? null : is;
}
const GONE_MS = 1_500;
/** Servers count whole seconds, from moments that they round themselves. */
const ROUNDING_MS = 2_000;

/** Inside a procedure a process list shows its definer as the user, where no other list knows better. */
const showsDefiner = (life: Life, { engine, isApproximate, seesAll }: Server, from: number, to: number): boolean =>
  (engine === 'mariadb' || isApproximate || !seesAll) &&
  life.ran.some((ran) => ran.sql.startsWith('CALL') && ran.from <= to && ran.to + LATE_MS >= from);

type Row = SessionView | Session;

/** Looks for what cannot have been so at any time of the call, in one row of a list. */
function* judgeRow(
  row: Row,
  call: Call,
  notes: Notes,
  server: Server,
): Generator<readonly [claim: string, says: string, life: Life]> {
  const lives = livesOf(notes, row.id, call.from, call.to);
  const life = lives.find(({ opening, gone }) => opening <= call.to && gone >= call.from - GONE_MS);
  if (life === undefined) {
    // What is undone of a session that has ended is listed as long as that takes.
    // So is one of which MariaDB shows a part, that may be being ended too.
    for (const old of lives)
      if (!isBeingKilled(row) && row.command !== 'Busy') yield ['gone', `lists ${row.id}, which had ended`, old];
    return;
  }
  // What is being ended may go on after its client has left.
  if (isBeingKilled(row)) return;
  const { from, to } = call;
  const isInside = showsDefiner(life, server, from, to);
  const users = atAnyTime(life.users, from - LATE_MS, to);
  // Before it has taken on its definer's rights, and after, it is the scheduler's (pre_init_event_thread in event_scheduler.cc).
  const isScheduler = life.how === 'event' && row.user === 'event_scheduler';
  // Until it has logged in, the server calls it by no name of its own.
  const isLoggingIn = row.user === 'unauthenticated user' && from <= life.open;
  if (!isInside && !isScheduler && !isLoggingIn && !users.has(null) && row.user !== null && !users.has(row.user))
    yield ['user', `calls the user ${row.user}, who was ${[...users]}`, life];

  const mark = markIn(row.statement?.text);
  const all = life.ran.filter((ran) => ran.from - 5 <= to && ran.to + LATE_MS >= from);
  if (mark !== null && !all.some((ran) => ran.mark === mark))
    yield ['statement', `shows the statement ${mark}, which did not run`, life];
  if (row.statement === null && !('readInPart' in row && row.readInPart)) {
    const ran = life.ran.find((one) => ranThroughout(one, from, to));
    if (ran !== undefined) yield ['statement', `shows no statement while ${ran.mark} ran`, life];
  }
  const known = !row.unknown.some(({ field }) => field === 'transaction');
  const inTransaction = wasInTransaction(life, from, to, server);
  if (row.transaction !== null && inTransaction === false)
    yield ['transaction', `shows a transaction (${row.transaction.state}) of one that was in none`, life];
  if (row.transaction === null && known && inTransaction === true)
    yield ['transaction', 'shows no transaction of one that was in one', life];
  yield* judgeAges(row, call, life, server);
}

/** Ages: of the statement, of the sleep and of the transaction. Too old is what a rule would end somebody for. */
function* judgeAges(
  row: Row,
  { from, to }: Call,
  life: Life,
  server: Server,
): Generator<readonly [string, string, Life]> {
  const { isApproximate } = server;
  if (isApproximate && life.hasSetClock) return;
  const mark = markIn(row.statement?.text);
  const ran =
    mark === null ? undefined : life.ran.find((one) => one.mark === mark && one.from <= to && one.to + LATE_MS >= from);
  const { time } = row;
  if (ran !== undefined && time !== null) {
    const most = to - ran.from;
    if (time * 1000 > most + ROUNDING_MS)
      yield ['age', `says ${time} s of the statement ${ran.mark}, sent ${Math.round(most)} ms before`, life];
    const start = Math.min(surely(ran)?.from ?? Number.POSITIVE_INFINITY, ran.to);
    if ((time + 1) * 1000 + ROUNDING_MS < from - start)
      yield ['age', `says ${time} s of the statement ${ran.mark}, which ran for ${Math.round(from - start)} ms`, life];
  }
  if (isAsleep(row.command) && time !== null) {
    const last = life.ran.findLast((one) => one.from <= from);
    const ofLast = last === undefined ? life.open : isApproximate ? last.from : Math.min(last.to, to);
    const since = to - Math.min(ofLast, to);
    const isBusy = life.ran.some((one) => one.from <= to && one.to >= from);
    if (!isBusy && time * 1000 > since + ROUNDING_MS)
      yield ['age', `says ${time} s asleep of one that slept ${Math.round(since)} ms`, life];
  }
  const age = row.transaction?.time ?? null;
  if (age !== null) {
    const began =
      life.transactions.findLast(({ at, is }) => is === false && at <= from - transactionsLate(server))?.at ??
      life.opening;
    if (age * 1000 > to - began + ROUNDING_MS)
      yield ['age', `says ${age} s of a transaction that began ${Math.round(to - began)} ms before at most`, life];
  }
}

/** Whose sessions the owner may see, and our own account where it sees its own alone. */
const OWN_USER = 'crowd_a';

/** Everything that a list, a look or a single session says against the notes. */
export function judgeLists(calls: readonly Call[], notes: Notes, server: Server): readonly Contradiction[] {
  const found: Contradiction[] = [];
  for (const call of calls) {
    if (
      (call.what !== 'list' && call.what !== 'look' && call.what !== 'get') ||
      call.answer === null ||
      isAcross(notes, call.from, call.to)
    )
      continue;
    const { from, to, asker } = call;
    const tell = (claim: string, says: string, lives: readonly Life[]) =>
      found.push({ claim, says, lives, from, to, call });
    const rows: readonly Row[] = call.what === 'get' ? [call.answer] : call.answer;
    for (const row of rows)
      for (const [claim, says, life] of judgeRow(row, call, notes, server)) tell(claim, says, [life]);
    const ids = rows.map(({ id }) => id);
    const twice = ids.find((id, place) => ids.indexOf(id) !== place);
    if (twice !== undefined) tell('twice', `lists ${twice} twice`, livesOf(notes, twice, from, to));
    for (const row of rows) {
      if (asker === 'owner' && row.user !== OWN_USER)
        tell(
          'others',
          `shows a session of ${row.user} to who may see those of ${OWN_USER} only`,
          livesOf(notes, row.id, call.from, call.to),
        );
      if (isBlind(asker)) tell('others', `shows a session to a ${asker}`, livesOf(notes, row.id, call.from, call.to));
    }
    if (call.what === 'get' || (call.what === 'list' && call.inTransaction !== null) || isBlind(asker)) {
      if (call.what === 'list' && call.inTransaction !== null) judgeFilter(call, rows, notes, server, tell);
      continue;
    }
    for (const life of notes.lives) {
      if (life.open > from || life.alive < to || ids.includes(life.id)) continue;
      const isOwners = during(life.users, from, to) === OWN_USER && !showsDefiner(life, server, from, to);
      if ((asker === 'owner' || !server.seesAll) && !isOwners) continue;
      // Whoever lacks PROCESS is not shown his own scheduled events (fill_schema_processlist in sql_show.cc).
      if (!server.seesAll && life.how === 'event') continue;
      tell('hidden', `leaves out ${life.id}, which was connected`, [life]);
    }
  }
  return found;
}

/** Who asks for those in a transaction, or in none, gets nobody else. */
function judgeFilter(
  call: Call,
  rows: readonly Row[],
  notes: Notes,
  server: Server,
  tell: (claim: string, says: string, lives: readonly Life[]) => void,
): void {
  const { from, to } = call;
  const wanted = call.what === 'list' ? call.inTransaction : null;
  for (const row of rows)
    for (const life of livesOf(notes, row.id, from, to)) {
      if (life.gone < from - GONE_MS) continue;
      const is = wasInTransaction(life, from, to, server);
      if (is !== null && is !== wanted)
        tell('filter', `gives ${row.id} to who asks for inTransaction=${wanted}`, [life]);
    }
}

import type { AuditRecord } from '../../lib/audit/audit.ts';
import { type Contradiction, LATE_MS, type Server, wasInTransaction } from './judge-lists.ts';
import { during, isAcross, type Life, livesOf, type Notes, type Ran, ranThroughout, surely } from './notes.ts';
import type { Call, Demand, Ended } from './product.ts';

/** A demand and its answer, a rule's victims included. */
interface Aim extends Demand {
  readonly call: Call;
  readonly ended: Ended | null;
}

/** Everything that was to be ended, by whom ever of the product; what it answered that it did not send is left out. */
function aimsOf(calls: readonly Call[]): readonly Aim[] {
  return calls.flatMap((call): readonly Aim[] => {
    if (call.what === 'kill')
      return call.demands.map((demand, place) => ({ ...demand, call, ended: call.answer?.[place] ?? null }));
    if (call.what !== 'reap' || call.dryRun || call.answer === null) return [];
    const { kill, victims, held } = call.answer;
    if (held !== null) return [];
    return victims.map(({ id, outcome, proven, auditId, code }) => ({
      id,
      kind: kill,
      tag: null,
      mark: null,
      seen: null,
      call,
      ended: { outcome, proven, auditId, code },
    }));
  });
}

/** Codes after which nothing can have been ended. */
const NOTHING_ENDED = [
  'tag-mismatch',
  'session-not-found',
  'not-allowed',
  'protected',
  'target-not-found',
  'tag-invalid',
  'target-denied',
  'too-many-requests',
];
const NOTHING_DONE = ['nothing-running', 'changed', 'refused'];
const mayHaveEnded = ({ ended }: Aim): boolean =>
  ended === null || !(NOTHING_ENDED.includes(ended.code ?? '') || NOTHING_DONE.includes(ended.outcome ?? ''));

const overlaps = (call: { readonly from: number; readonly to: number }, from: number, to: number): boolean =>
  call.from <= to && call.to + LATE_MS >= from;

/** A tag stands for the session that bore the ID when it was given. */
const isMeant = (seen: number | null, { opening, gone }: Life): boolean =>
  seen === null || (opening <= seen && gone + LATE_MS >= seen);

/** Where statements are told apart by text and age alone, those of one text that began within seconds of each other are one. */
const BEGINNING_MS = 3_000;

/** The executions that a statement's tag may stand for: those of its text which may have run when it was given. */
function meantBy({ mark, seen }: Demand, life: Life, { isApproximate }: Server): readonly Ran[] {
  const all = life.ran.filter((ran) => ran.mark === mark);
  const then = all.filter(({ from, to }) => seen === null || (from <= seen && to + LATE_MS >= seen));
  return isApproximate ? all.filter((ran) => then.some(({ from }) => Math.abs(from - ran.from) <= BEGINNING_MS)) : then;
}

/** The server's own window, between compare and KILL. */
const RACE = 'wrong kill of the next';
/** Of so many that are cancelled one may be met by chance, and one in any play. */
const RACES = 50;

/** What a server may do now and then it must not do often. */
function withoutChance(found: readonly Contradiction[], aims: readonly Aim[]): readonly Contradiction[] {
  const cancelled = Map.groupBy(
    aims.filter(({ mark, ended }) => mark !== null && ended?.outcome === 'query-cancelled'),
    ({ id, mark }) => `${id} ${mark}`,
  );
  const races = found.filter(({ claim }) => claim === RACE);
  return races.length > 1 + cancelled.size / RACES ? found : found.filter(({ claim }) => claim !== RACE);
}

/** Statements that were cut and connections that were lost, for which nobody had asked. */
function* judgeVictims(aims: readonly Aim[], notes: Notes, server: Server): Generator<Contradiction> {
  for (const life of notes.lives) {
    const own = notes.kills.filter(({ id }) => id === life.id);
    const aimed = aims.filter((aim) => aim.id === life.id && mayHaveEnded(aim));
    for (const ran of life.ran.filter(({ end }) => end === 'cut')) {
      const { from, to, mark } = ran;
      if (own.some((kill) => overlaps(kill, from, to))) continue;
      const near = aimed.filter(({ call }) => overlaps(call, from, to));
      if (
        near.some((aim) => aim.kind === 'connection' || aim.mark === null || meantBy(aim, life, server).includes(ran))
      )
        continue;
      const told = near.some(({ ended }) => ended?.outcome === 'cut-another');
      // There the server has a window, and no record that would tell of it.
      const isWindow = server.engine === 'oceanbase' && near.some(({ ended }) => ended !== null && !ended.proven);
      // The KILL of one, or the second of several who cancel it, may come as it ends by itself and meet the next one; how often, says docs/engines.md.
      const isNext = near.some(({ mark }) =>
        life.ran.some((one) => one.mark === mark && one !== ran && one.to <= to && from <= one.to + LATE_MS),
      );
      const isRace = server.engine !== 'mariadb' && isNext;
      if (!told && !isWindow)
        yield {
          claim: isRace ? RACE : 'wrong kill',
          says:
            near.length === 0
              ? `the statement ${mark} was cut, and nobody had asked`
              : `the statement ${mark} was cut, and another was meant`,
          lives: [life],
          from,
          to,
          call: near[0]?.call ?? null,
        };
    }
    if (life.gone === Number.POSITIVE_INFINITY || life.leaving <= life.gone) continue;
    const [from, to] = [life.alive, life.gone];
    if (isAcross(notes, from, to + LATE_MS)) continue;
    if (own.some((kill) => kill.kind === 'connection' && overlaps(kill, from, to))) continue;
    if (aimed.some(({ call, kind, seen }) => kind === 'connection' && isMeant(seen, life) && overlaps(call, from, to)))
      continue;
    yield {
      claim: 'wrong kill',
      says: `the session ${life.id} was ended, and nobody had asked`,
      lives: [life],
      from,
      to,
      call: null,
    };
  }
}

/** What an answer claims of the one that it was about. */
function judgeAnswer(aim: Aim, life: Life, others: readonly Aim[], notes: Notes, server: Server): string | null {
  const { ended, call, kind, mark } = aim;
  if (ended === null || !isMeant(aim.seen, life)) return null;
  const { outcome, proven, code } = ended;
  const { from, to } = call;
  const meant = mark === null ? [] : meantBy(aim, life, server);
  // Of the same text again and again, which was meant is not sure where two ran around that time.
  const ran = meant.length === 1 ? meant[0] : undefined;
  if (outcome === 'terminated' && life.ran.some((one) => one.from > to && (one.end === 'whole' || one.end === 'cut')))
    return 'terminated, and it still answered';
  if (kind === 'connection' && outcome === 'already-gone' && life.alive > to)
    return 'already-gone, and it still answered';
  if (
    code === 'session-not-found' &&
    call.asker === 'operator' &&
    server.seesAll &&
    life.open < from &&
    life.alive > to
  )
    return 'session-not-found, and it was connected';
  if (outcome === 'nothing-running' && proven && life.ran.some((one) => ranThroughout(one, from, to)))
    return 'nothing-running, and it ran a statement all the while';
  if (kind === 'query' && ran !== undefined) {
    if (outcome === 'query-cancelled' && proven && ran.end === 'whole')
      return 'query-cancelled (proven), and it ran to its end';
    if (outcome === 'already-gone' && proven && ran.end === 'cut') return 'already-gone (proven), and it was cut';
    // When an event was cut, nobody can say.
    const isSure = life.how !== 'event' || ran.end === 'whole';
    // OceanBase sends the results of a packet together, once its last statement has ended.
    const lasted = server.engine === 'oceanbase' && ran.end === 'whole' ? ran.from + ran.least : ran.to;
    if ((outcome === 'query-cancelled' || outcome === 'already-gone') && isSure && lasted - LATE_MS > to)
      return `${outcome}, and it still ran`;
    if (
      (outcome === 'changed' || code === 'tag-mismatch') &&
      // Which one runs is not known then, and the answer says so.
      !server.isMixed &&
      // A prepared one is shown without its values while it is prepared, and that is another statement.
      (aim.seen === null || (surely(ran)?.from ?? Number.POSITIVE_INFINITY) <= aim.seen) &&
      ran.from <= from &&
      ran.to - LATE_MS > to &&
      ranThroughout(ran, from, to)
    )
      return `${code ?? outcome}, and it ran all the while`;
  }
  if (kind === 'query' && outcome === 'query-cancelled' && mark === null && call.what === 'kill') {
    const possible = life.ran.filter((one) => one.from <= to && one.to + LATE_MS >= from);
    if (proven && possible.length > 0 && possible.every(({ end }) => end === 'whole'))
      return 'query-cancelled (proven), and nothing was cut';
  }
  // Who ended it, if not we and not another demand?
  if (
    outcome === 'cut-another' &&
    !life.ran.some((one) => one.end !== 'whole' && one.from <= to && one.to + LATE_MS >= from)
  ) {
    const isOthers =
      others.some((other) => other !== aim && other.id === aim.id) || notes.kills.some(({ id }) => id === aim.id);
    if (!isOthers) return 'cut-another, and none was cut';
  }
  return null;
}

/** What is said of a session to who has its ID from before the server's last start: that it is another, or is not there. */
function judgeStart({ ended, seen, call }: Aim, notes: Notes): string | null {
  if (seen === null || !notes.restarts.some(({ from, to }) => seen <= from && to <= call.from)) return null;
  const outcome = ended?.outcome ?? null;
  return outcome === null || ['already-gone', 'changed', 'refused'].includes(outcome)
    ? null
    : `${outcome}, by a tag of before the server's last start`;
}

/** What the askers may do. */
function judgeRights({ call, id, ended }: Aim, life: Life): string | null {
  if (ended?.outcome === null || ended?.outcome === undefined || call.what !== 'kill') return null;
  if (call.asker === 'stranger' || call.asker === 'viewer')
    return ended.outcome === 'refused' ? null : `${ended.outcome} for a ${call.asker}`;
  const isOwn = during(life.users, call.from, call.to);
  if (call.asker === 'owner' && isOwn !== null && isOwn !== 'crowd_a' && ended.outcome !== 'refused')
    return `${ended.outcome} of ${id} for who owns others`;
  return null;
}

/** What the record says must be what was answered. */
function judgeRecord({ ended, id, kind }: Aim, records: ReadonlyMap<string, AuditRecord>): string | null {
  if (ended === null || ended.outcome === null || ended.outcome === 'nothing-running') return null;
  // A tag that stood for something else is none of the record's business.
  if (ended.code === 'tag-mismatch' && ended.auditId === null) return null;
  const record = ended.auditId === null ? undefined : records.get(ended.auditId);
  if (record === undefined) return `${ended.outcome}, and there is no record`;
  if (record.sessionId !== id || record.kind !== kind) return `the record ${record.id} is of another`;
  if (ended.code !== null) return null;
  return record.outcome === ended.outcome && record.proven === ended.proven
    ? null
    : `${ended.outcome} (proven: ${ended.proven}), and the record says ${record.outcome} (${record.proven})`;
}

/** What a rule took, or would have taken, that was not as the rule says. */
function* judgeRules(calls: readonly Call[], notes: Notes, server: Server): Generator<Contradiction> {
  for (const call of calls) {
    if (call.what !== 'reap' || call.answer === null) continue;
    const { from, to } = call;
    for (const { id } of call.answer.victims)
      for (const life of livesOf(notes, id, from, to)) {
        if (life.opening > to || life.gone < from) continue;
        const says = offence(call.rule, life, from, to, server);
        if (says !== null) yield { claim: 'rule', says: `${call.rule}: ${says}`, lives: [life], from, to, call };
      }
  }
}

function offence(rule: string, life: Life, from: number, to: number, server: Server): string | null {
  const transaction = wasInTransaction(life, from, to, server);
  if (rule.includes('-in-transaction') && transaction === false) return 'it was in no transaction';
  if (rule.includes('-outside') && transaction === true) return 'it was in a transaction';
  const now = life.ran.filter((one) => one.from <= to && one.to + LATE_MS >= from);
  if (rule.startsWith('busy') && now.length > 0 && now.every(({ isSpared }) => isSpared))
    return 'it ran what the rule spares';
  if (rule.startsWith('busy') && now.length === 0) return 'it ran nothing';
  if (rule.startsWith('idle') && life.ran.some((one) => ranThroughout(one, from, to))) return 'it ran a statement';
  return null;
}

/** Everything that was ended, and everything that was said of it. */
export function judgeEnds(
  calls: readonly Call[],
  notes: Notes,
  server: Server,
  audit: readonly AuditRecord[],
): readonly Contradiction[] {
  const aims = aimsOf(calls);
  const records = new Map(audit.map((record) => [record.id, record]));
  const found: Contradiction[] = [...judgeVictims(aims, notes, server), ...judgeRules(calls, notes, server)];
  for (const aim of aims) {
    const { call } = aim;
    const { from, to } = call;
    const lives = livesOf(notes, aim.id, from, to).filter(({ opening, gone }) => opening <= to && gone >= from - 5_000);
    const [life] = lives;
    const tell = (claim: string, says: string | null) => {
      if (says !== null) found.push({ claim, says, lives, from, to, call });
    };
    tell('record', judgeRecord(aim, records));
    tell('start', judgeStart(aim, notes));
    if (aim.ended?.code?.startsWith('thrown') || aim.ended?.code === 'internal') tell('error', String(aim.ended.code));
    if (lives.length !== 1 || life === undefined || isAcross(notes, from, to)) continue;
    tell('answer', judgeAnswer(aim, life, aims, notes, server));
    tell('rights', judgeRights(aim, life));
  }
  for (const call of calls) {
    const { code, from, to } = call;
    if (code !== null && (code.startsWith('thrown') || code === 'internal'))
      found.push({ claim: 'error', says: `${call.what}: ${code}`, lives: [], from, to, call });
  }
  return withoutChance(found, aims);
}

import type { BlockerNode } from '../../lib/sessions/blockers.ts';
import { ROW_LOCK } from '../../lib/sessions/lock-wait.ts';
import type { EngineName as Engine } from '../engines/engine-status.ts';
import type { Contradiction, Server } from './judge-lists.ts';
import { atAnyTime, isAcross, type Life, livesOf, type Notes } from './notes.ts';
import type { Call } from './product.ts';

/** Servers show waits from caches, and find out that nobody waits any more when they get to it. */
const WAIT_MS = 1_500;
/** Locks that are no rows are told from what sessions say of themselves now. */
const OTHERS_MS = 500;

interface Edge {
  readonly holder: BlockerNode;
  readonly waiter: BlockerNode;
  readonly isRoot: boolean;
}

const edgesOf = (holder: BlockerNode, isRoot: boolean): readonly Edge[] =>
  holder.waiters.flatMap((waiter) => [{ holder, waiter, isRoot }, ...edgesOf(waiter, false)]);

/** The locks that a session may have asked for, and those that it may have held, at some time of an interval. */
const wanted = (life: Life, from: number, to: number): readonly (string | null)[] =>
  life.ran.filter((one) => one.from <= to && one.to >= from).map(({ wants }) => wants);
const held = (life: Life, from: number, to: number): readonly string[] =>
  life.holds.filter((one) => one.from <= to && one.to >= from).map(({ lock }) => lock);

/** Who waited for whom for certain during all of an interval. */
export function surelyWaiting(
  notes: Notes,
  from: number,
  to: number,
): readonly { readonly waiter: Life; readonly holder: Life; readonly lock: string }[] {
  return notes.lives.flatMap((waiter) =>
    waiter.ran.flatMap((ran) => {
      if (ran.wants === null || ran.from + (ran.wants.startsWith('row') ? WAIT_MS : OTHERS_MS) > from || ran.to < to)
        return [];
      const holder = notes.lives.find(
        (life) =>
          life !== waiter &&
          life.holds.some(({ lock, sure, until }) => lock === ran.wants && sure <= ran.from && until >= to),
      );
      return holder === undefined ? [] : [{ waiter, holder, lock: ran.wants }];
    }),
  );
}

function offence({ holder, waiter, isRoot }: Edge, notes: Notes, from: number, to: number): string | null {
  const start = from - WAIT_MS;
  const livesAt = (id: string) => livesOf(notes, id, from, to).filter(({ gone }) => gone >= start);
  const [who] = waiter.id === null ? [] : livesAt(waiter.id);
  // An event that has ended drops itself, which is no statement of anybody's.
  if ((waiter.id !== null && who === undefined) || who?.how === 'event') return null;
  const wants = who === undefined ? [] : wanted(who, start, to);
  if (who !== undefined && wants.length === 0) return `${waiter.id} waits for a ${waiter.lock}, and ran nothing`;
  if (who !== undefined && waiter.lock === ROW_LOCK && wants.every((lock) => lock === null))
    if (!who.ran.some(({ sql, from: at, to: end }) => /UPDATE|LOAD/.test(sql) && at <= to && end >= start))
      return `${waiter.id} waits for a row, and asked for none`;
  if (holder.id === null || holder.likely || !isRoot) return null;
  const [whose] = livesAt(holder.id);
  if (whose === undefined) return null;
  const holds = held(whose, start, to);
  const isBusy =
    wanted(whose, start, to).length > 0 || [...atAnyTime(whose.transactions, start, to)].some((is) => is !== false);
  if (holds.length === 0 && !isBusy) return `${holder.id} holds up ${waiter.id}, and held nothing`;
  const isNamed = waiter.lock === ROW_LOCK && wants.length > 0 && wants.every((lock) => lock?.startsWith('row'));
  const could = new Set([...holds, ...wanted(whose, start, to)]);
  if (isNamed && !wants.some((lock) => could.has(lock)))
    return `${holder.id} holds up ${waiter.id} with a row, and had another`;
  return null;
}

/** OceanBase asks for a lock by name again and again, and between two times it shows nobody who waits. */
const isShownAtTimes = (engine: Engine, lock: string): boolean => engine === 'oceanbase' && lock.startsWith('name');

/** What was said of who waits for whom, against what the clients held and wanted. */
export function judgeWaits(calls: readonly Call[], notes: Notes, { engine }: Server): readonly Contradiction[] {
  const found: Contradiction[] = [];
  for (const call of calls) {
    const { from, to, asker } = call;
    const tell = (says: string, ...lives: readonly Life[]) =>
      found.push({ claim: 'waits', says, lives, from, to, call });
    if (call.what === 'get' && call.answer?.locks && asker !== 'owner') {
      const { id, locks } = call.answer;
      for (const { waiter, holder, lock } of surelyWaiting(notes, from, to)) {
        if (isShownAtTimes(engine, lock)) continue;
        if (waiter.id === id && locks.waitsFor.length === 0)
          tell(`${id} waits for nothing, and waited for ${lock}`, waiter, holder);
        if (holder.id === id && locks.blocking === false)
          tell(`${id} holds up nobody, and ${waiter.id} waited for its ${lock}`, waiter, holder);
      }
    }
    if (call.what !== 'blockers' || call.answer === null || isAcross(notes, from, to)) continue;
    const edges = call.answer.flatMap((root) => edgesOf(root, true));
    for (const edge of edges) {
      const says = offence(edge, notes, from, to);
      const ids = [edge.holder.id, edge.waiter.id].filter((id) => id !== null);
      if (says !== null) tell(says, ...ids.flatMap((id) => livesOf(notes, id, from, to)));
      for (const { session } of [edge.holder, edge.waiter])
        if (asker === 'owner' && session !== null && session.user !== 'crowd_a')
          tell(`shows a session of ${session.user} to who owns others`);
    }
    if (asker === 'owner') continue;
    for (const { waiter, holder, lock } of surelyWaiting(notes, from, to))
      if (!edges.some((edge) => edge.waiter.id === waiter.id) && !isShownAtTimes(engine, lock))
        tell(`leaves out ${waiter.id}, which waited for the ${lock} of ${holder.id}`, waiter, holder);
  }
  return found;
}

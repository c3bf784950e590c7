import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditOutcome, AuditStore } from '../../audit/audit.ts';
import type { Database, KillingDatabase, KillReply, Victim } from '../../database/database.ts';
import { AppError } from '../../errors.ts';
import { needsPerson } from '../../privileges/principal.ts';
import type { Exceptions } from '../../privileges/protected-sessions.ts';
import { protectedReason } from '../../privileges/protected-sessions.ts';
import type { Services } from '../../services.ts';
import { step } from '../../telemetry/call.ts';
import type { KillKind, Session } from '../session.ts';
import { identityStrength } from '../tags.ts';
import { announceEnd, type Finding, NotSent, toAnswer, toAuditOutcome } from './finding.ts';
import type { KillContext } from './intent.ts';
import type { Order } from './judge.ts';
import { refuseTooMany } from './kill-limit.ts';
import type { KillResult } from './outcome.ts';
import { type Settled, settle, settleByRecord, settleUntouched } from './settle.ts';
import { refuseWhileStopped } from './stop-switch.ts';

/** Compares and kills on the server, once the stop switch was asked. @throws AppError `kills-stopped`: nothing was sent */
export type Send = (victims: readonly Victim[], kind: KillKind) => Promise<readonly KillReply[]>;

const APPROXIMATE: Readonly<Record<KillKind, string>> = {
  connection: 'The server shows no port of its client, which other sessions of the same host and user share.',
  query: 'The server shows our account the text and age of the statement, and no identity of it.',
};

/** How long to look for the end of what was killed before it is called `pending`. */
const SETTLE_MS: Readonly<Record<KillKind, number>> = { connection: 2_000, query: 2_000 };

const UNREAD = 'Nothing was sent for this one: the server did not show it in full.';

/** How often one is compared that did not compare equal although it is there. */
const COMPARES = 8;

/**
 * A compare is as old as its batch takes, so a batch takes about as long as the chain of conditions did that compared 50
 * (20 to 40 ms on each engine), however many that is; test/engines/woken.test.ts counts whom that ends awake.
 */
const BATCH = { least: 50, most: 400, milliseconds: 25 } as const;

/**
 * How many the next batch holds, after one of this size took so long. Most servers want a statement compared right before
 * its own KILL. Sizes double and halve: OceanBase keeps the plan of a compare for the next of the same shape, and a new
 * shape takes it 15 to 50 ms more, so that one slow batch is no reason for a smaller one.
 */
function batchSize(
  database: Database,
  kind: KillKind,
  last?: { readonly size: number; readonly took: number },
): number {
  if (kind === 'query' && !database.killsStatementsExactly) return 1;
  if (last === undefined) return BATCH.least;
  if (last.took < BATCH.milliseconds * 0.6) return Math.min(BATCH.most, last.size * 2);
  return last.took > BATCH.milliseconds * 2 ? Math.max(BATCH.least, last.size / 2) : last.size;
}

/**
 * The one door to a KILL, no matter who asks: records the intents, refuses the victims that are protected or, where the
 * configuration requires tags, told apart by an approximate identity only, and all of them where an agent ends them without
 * the approval that it needs or they are more than the principal may end in a minute, asks the stop switch before each batch, ends the victims, and records what became of each. What a stop kept from being sent is on record as
 * refused.
 *
 * @param exceptions - what a reaper's rule takes in though it is protected
 * @throws AppError `audit-unavailable` before anything is sent
 */
export async function carryOut(
  services: Pick<Services, 'audit' | 'config' | 'stopped' | 'killCounter'>,
  database: KillingDatabase,
  context: KillContext,
  orders: readonly Order[],
  exceptions: Exceptions = {},
): Promise<ReadonlyMap<number, KillResult | AppError>> {
  if (orders.length === 0) return new Map();
  const { audit } = services;
  const begun = await step('intent', () => audit.beginAll(orders.map(({ intent }) => intent)));
  // Stryker disable next-line StringLiteral: each intent has an ID
  const recorded = orders.map((order, place) => ({ order, auditId: begun[place] ?? '' }));
  const findings = new Map<Order, Finding>();
  const unapproved = context.approver === undefined && needsPerson(services.config, context.principal);
  for (const order of orders) {
    const bar = unapproved
      ? new AppError('approval-needed')
      : barOf(services, database, order.victim.session, order.demand.kind, exceptions);
    if (bar !== undefined) findings.set(order, bar);
  }
  const fit = orders.filter((order) => !findings.has(order));
  const tooMany = await refuseTooMany(services, context.principal, fit.length).catch(toFailure);
  if (tooMany !== undefined) for (const order of fit) findings.set(order, NotSent.because(tooMany));
  const free = tooMany === undefined ? fit : [];
  const send = sendUnlessStopped(services, database);
  const { escalateAfter } = context;
  const end = (kind: KillKind) => {
    const ofKind = free.filter(({ demand }) => demand.kind === kind);
    return endAll(send, database, ofKind, kind, findings, kind === 'query' ? escalateAfter : null);
  };
  await end('connection');
  const cut = await end('query');
  const auditIdOf = (order: Order) => recorded.find((one) => one.order === order)?.auditId ?? null;
  if (escalateAfter !== null) await escalate(audit, send, database, escalateAfter, cut, findings, auditIdOf);

  const outcomes = new Map<string, AuditOutcome>();
  for (const { order, auditId } of recorded) {
    const outcome = toAuditOutcome(findings.get(order));
    await announceEnd(order, outcome, auditId);
    // An unknown end leaves the intent open: a sweep asks the server, or marks it `unknown`.
    if (outcome !== undefined) outcomes.set(auditId, outcome);
  }
  const open = new Set(await step('outcome', () => audit.finishAll(outcomes)).catch(() => [...outcomes.keys()]));
  return new Map(
    recorded.map(({ order, auditId }) => [
      order.index,
      toAnswer(order, findings.get(order), auditId, open.has(auditId), context.target),
    ]),
  );
}

/** Why the door lets no one end this, as the error that it answers; `undefined` where it may pass. For who shows it beforehand, too. */
export function barOf(
  { config }: Pick<Services, 'config'>,
  { server: { ownId, engine } }: Pick<Database, 'server'>,
  session: Session,
  kind: KillKind,
  exceptions: Exceptions = {},
): AppError | undefined {
  const reason = protectedReason(session, { ownId, engine, protectedUsers: config.protected.users, ...exceptions });
  if (reason !== null) return new AppError('protected', { detail: reason });
  if (!config.requireTags || identityStrength(session, kind) === 'exact') return undefined;
  return new AppError('identity-approximate', { detail: APPROXIMATE[kind] });
}

/** Past so many packets of one statement the switch is asked every so many milliseconds: it takes as long as the packet. */
const ASKED_EACH = 20;
const ASK_AGAIN_MS = 50;

function sendUnlessStopped(services: Pick<Services, 'stopped'>, database: KillingDatabase): Send {
  let asked = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  return async (victims, kind) => {
    const isFresh = asked > ASKED_EACH && performance.now() - askedAt < ASK_AGAIN_MS;
    if (kind === 'connection' || victims.length > 1 || !isFresh) {
      await refuseWhileStopped(services);
      asked++;
      askedAt = performance.now();
    }
    return database.compareAndKill(victims, kind);
  };
}

/** Sends and looks for the end, at most until an escalation is due. @returns when each KILL was taken, by `performance.now` */
async function endAll(
  send: Send,
  database: Database,
  orders: readonly Order[],
  kind: KillKind,
  findings: Map<Order, Finding>,
  escalateAfter: number | null,
): Promise<ReadonlyMap<Order, number>> {
  const sent = new Map<Order, number>();
  let size = batchSize(database, kind);
  let broken: AppError | undefined;
  for (let start = 0; start < orders.length; ) {
    const batch = orders.slice(start, start + size);
    start += batch.length;
    if (broken !== undefined) {
      for (const order of batch) findings.set(order, NotSent.because(broken));
      continue;
    }
    const began = performance.now();
    try {
      const replies = await send(
        batch.map(({ victim }) => victim),
        kind,
      );
      size = batchSize(database, kind, { size: batch.length, took: performance.now() - began });
      const untouched = batch.flatMap((order, place) =>
        replies[place] === 'sent' ? [] : [[order, replies[place]] as const],
      );
      const later = await reachOthers(send, database, kind, new Map(untouched));
      for (const order of batch) {
        const finding = later.get(order) ?? (await atOnce(database, order, kind));
        if (finding === undefined) sent.set(order, performance.now());
        else findings.set(order, finding);
      }
    } catch (error) {
      // The connection is of no more use; what had been sent before may have happened, so those intents stay open.
      broken = toFailure(error);
      for (const order of batch) findings.set(order, broken);
    }
  }
  if (sent.size === 0) return sent;
  const victims = [...sent.keys()].map(({ victim }) => victim);
  const due = Math.min(...sent.values()) + (escalateAfter ?? Number.POSITIVE_INFINITY) * 1000;
  const most = Math.min(SETTLE_MS[kind], due - performance.now());
  const settled = await step('settle', () => settle(database, victims, kind, most), database.server.engine);
  for (const [place, order] of [...sent.keys()].entries()) {
    const end = settled[place];
    // Stryker disable next-line ConditionalExpression: each victim has an end
    if (end !== undefined) findings.set(order, end);
  }
  return sent;
}

/** A server keeps the last few statements of a session, so the record is asked for at once. */
async function atOnce(database: Database, { victim }: Order, kind: KillKind): Promise<Settled | undefined> {
  return kind === 'query' && database.keepsRecord ? settleByRecord(database, victim).catch(() => undefined) : undefined;
}

const toFailure = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('internal', { cause: error });

/**
 * What became of those that no KILL reached; one that a KILL reached after all is left out. A session that is there unchanged is
 * compared again, in the packet of its KILL as ever: a server that shows a row in part lets no compare hold
 * ({@link Dialect.unread}).
 */
async function reachOthers(
  send: Send,
  database: Database,
  kind: KillKind,
  first: ReadonlyMap<Order, KillReply | undefined>,
): Promise<ReadonlyMap<Order, Finding>> {
  const findings = new Map<Order, Finding>();
  let replies = first;
  for (let compares = 1; replies.size > 0; compares++) {
    const again: Order[] = [];
    const standing = [...replies.keys()].filter((order) => replies.get(order) !== 'denied');
    for (const order of replies.keys()) findings.set(order, new AppError('target-privilege-missing'));
    const looks = await settleUntouched(
      database,
      standing.map(({ victim }) => victim),
      kind,
    ).catch((error: unknown) => standing.map(() => toFailure(error)));
    for (const [place, order] of standing.entries()) {
      const now = looks[place] ?? 'still-there';
      if (now === 'unread') findings.set(order, new NotSent(new AppError('target-timeout'), UNREAD));
      else if (now !== 'still-there') findings.set(order, now);
      else if (replies.get(order) === 'gone') findings.set(order, new AppError('target-elsewhere'));
      else if (compares === COMPARES) findings.set(order, { outcome: 'changed', proven: false });
      else again.push(order);
    }
    if (again.length === 0) break;
    try {
      const more = await send(
        again.map(({ victim }) => victim),
        kind,
      );
      replies = new Map(again.map((order, place) => [order, more[place]]));
    } catch (error) {
      for (const order of again) findings.set(order, toFailure(error));
      break;
    }
    for (const [order, reply] of replies) if (reply === 'sent') findings.delete(order);
    replies = new Map([...replies].filter(([, reply]) => reply !== 'sent'));
  }
  return findings;
}

const LOOK_MS = 2_000;

/**
 * Ends the sessions whose statement took KILL QUERY and still runs later, as long as it is the very same statement. Each has
 * an intent and an outcome of its own; the finding of the order becomes the new one. One that the stop switch keeps back is
 * on record as refused.
 *
 * @param send - the door's own way to the server
 * @param escalateAfter - seconds since the KILL QUERY
 * @param cut - orders whose KILL QUERY was taken, and when, by `performance.now`
 * @param auditIdOf - the record of that KILL QUERY
 */
export async function escalate(
  audit: AuditStore,
  send: Send,
  database: Database,
  escalateAfter: number,
  cut: ReadonlyMap<Order, number>,
  findings: Map<Order, Settled | AppError>,
  auditIdOf: (order: Order) => string | null,
): Promise<void> {
  for (const [order, at] of cut) {
    if (!isPending(findings.get(order))) continue;
    await sleep(Math.max(0, at + escalateAfter * 1000 - performance.now()));
    const intent = { ...order.intent, kind: 'connection' as const, escalates: auditIdOf(order) };
    // What was done before counts, whatever keeps this one from being recorded or sent.
    try {
      const id = await audit.begin(intent);
      const reply = await send([order.victim], 'connection').then(([first]) => first, asStopped);
      if (reply === 'stopped') {
        await audit.finish(id, { outcome: 'refused', proven: false, detail: 'kills-stopped' });
        continue;
      }
      if (reply === 'denied') {
        await audit.finish(id, { outcome: 'failed', proven: false, detail: 'target-privilege-missing' });
        continue;
      }
      if (reply === 'no-match') {
        // Most likely it has ended; a row in part, or another server behind a proxy, compares unequal too.
        const [cancelled] = await settle(database, [order.victim], 'query', LOOK_MS);
        if (cancelled !== undefined) findings.set(order, cancelled);
        await audit.finish(id, { outcome: 'changed', proven: false, detail: 'escalated' });
        continue;
      }
      const [settled] = reply === 'sent' ? await settle(database, [order.victim], 'connection', LOOK_MS) : [];
      const outcome: Settled = settled ?? { outcome: 'already-gone', proven: false };
      findings.set(order, outcome);
      await audit.finish(id, { ...outcome, detail: 'escalated' });
    } catch {
      return;
    }
  }
}

function asStopped(error: unknown): 'stopped' {
  if (error instanceof AppError && error.code === 'kills-stopped') return 'stopped';
  throw error;
}

const isPending = (finding: Settled | AppError | undefined): boolean =>
  finding !== undefined && 'outcome' in finding && finding.outcome === 'pending';

import type { AuditOutcome, AuditStore, Intent } from '../audit/audit.ts';
import type { Database, KillReply, Victim } from '../database/database.ts';
import { AppError } from '../errors.ts';
import { step } from '../telemetry/call.ts';
import { announceEnd } from './announce-end.ts';
import { escalate } from './escalate.ts';
import { type Finding, NotSent, toAnswer, toAuditOutcome } from './finding.ts';
import type { KillContext } from './intent.ts';
import type { Demand } from './judge.ts';
import type { KillResult } from './outcome.ts';
import type { KillKind } from './session.ts';
import { type Settled, settle, settleByRecord, settleUntouched } from './settle.ts';

/** A demand that was judged fit, with the intent that must be on record before it is carried out. */
export interface Order {
  /** The demand's place in the call. */
  readonly index: number;
  readonly demand: Demand;
  readonly victim: Victim;
  readonly intent: Intent;
}

/** How long to look for the end of what was killed before it is called `pending`. */
const SETTLE_MS: Readonly<Record<KillKind, number>> = { connection: 2_000, query: 2_000 };

/** How often one is compared that did not compare equal though it stands there. */
const COMPARES = 8;

/** A compare is as old as its batch takes, so batches stay small, and most servers want a statement compared right before its own KILL. */
const batchSize = (database: Database, kind: KillKind): number =>
  kind === 'connection' || database.killsStatementsExactly ? 50 : 1;

/** Records the intents, ends the victims, and records what became of each. @throws AppError `audit-unavailable` before anything is sent. */
export async function carryOut(
  audit: AuditStore,
  database: Database,
  context: KillContext,
  orders: readonly Order[],
): Promise<ReadonlyMap<number, KillResult | AppError>> {
  if (orders.length === 0) return new Map();
  const begun = await step('intent', () => audit.beginAll(orders.map(({ intent }) => intent)));
  // Stryker disable next-line StringLiteral: each intent has an ID
  const recorded = orders.map((order, place) => ({ order, auditId: begun[place] ?? '' }));
  const findings = new Map<Order, Finding>();
  for (const kind of ['connection', 'query'] as const) {
    await endAll(
      database,
      orders.filter(({ demand }) => demand.kind === kind),
      kind,
      findings,
    );
  }
  const { escalateAfter } = context;
  if (escalateAfter !== null) await escalate(audit, database, escalateAfter, orders, findings);

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

async function endAll(
  database: Database,
  orders: readonly Order[],
  kind: KillKind,
  findings: Map<Order, Finding>,
): Promise<void> {
  const sent: Order[] = [];
  const size = batchSize(database, kind);
  let broken: AppError | undefined;
  for (let start = 0; start < orders.length; start += size) {
    const batch = orders.slice(start, start + size);
    if (broken !== undefined) {
      for (const order of batch) findings.set(order, new NotSent(broken));
      continue;
    }
    try {
      const replies = await database.compareAndKill(
        batch.map(({ victim }) => victim),
        kind,
      );
      for (const [place, order] of batch.entries()) {
        const reply = replies[place];
        const finding =
          reply === 'sent'
            ? await atOnce(database, order, kind)
            : await notSent(database, order, kind, reply).catch(toFailure);
        if (finding === undefined) sent.push(order);
        else findings.set(order, finding);
      }
    } catch (error) {
      // The connection is of no more use; what had been sent before may have happened, so those intents stay open.
      broken = toFailure(error);
      for (const order of batch) findings.set(order, broken);
    }
  }
  if (sent.length === 0) return;
  const victims = sent.map(({ victim }) => victim);
  const settled = await step('settle', () => settle(database, victims, kind, SETTLE_MS[kind]));
  for (const [place, order] of sent.entries()) {
    const end = settled[place];
    // Stryker disable next-line ConditionalExpression: each victim has an end
    if (end !== undefined) findings.set(order, end);
  }
}

/** A server keeps the last few statements of a session, so the record is asked for at once. */
async function atOnce(database: Database, { victim }: Order, kind: KillKind): Promise<Settled | undefined> {
  return kind === 'query' && database.keepsRecord ? settleByRecord(database, victim).catch(() => undefined) : undefined;
}

const toFailure = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('internal', { cause: error });

/**
 * What became of one that no KILL reached, or the end of a KILL that reached it after all. One that stands there unchanged
 * is compared anew, in the packet of its KILL as ever: a server that shows a row in part lets no compare hold
 * ({@link Dialect.unread}).
 */
async function notSent(
  database: Database,
  order: Order,
  kind: KillKind,
  first: KillReply | undefined,
): Promise<Finding | undefined> {
  let reply = first;
  for (let compares = 1; reply !== 'sent'; compares++) {
    if (reply === 'denied') return new AppError('target-privilege-missing');
    const now = await settleUntouched(database, order.victim, kind);
    if (now !== 'still-there') return now;
    if (reply === 'gone') return new AppError('target-elsewhere');
    if (compares === COMPARES) return { outcome: 'changed', proven: false };
    [reply] = await database.compareAndKill([order.victim], kind);
  }
  return atOnce(database, order, kind);
}

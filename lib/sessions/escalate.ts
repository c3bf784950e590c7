import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditStore } from '../audit/audit.ts';
import type { Database } from '../database/database.ts';
import { AppError } from '../errors.ts';
import type { Order, Send } from './carry-out.ts';
import { type Settled, settle } from './settle.ts';

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
    // What was done before stands, whatever keeps this one from being recorded or sent.
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

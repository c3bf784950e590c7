import type { KillEnd } from '../audit/audit.ts';
import { annotate } from '../telemetry/call.ts';
import { log } from '../telemetry/log.ts';
import { count } from '../telemetry/samples.ts';
import type { Order } from './carry-out.ts';

/**
 * Tells the metrics and the trace what became of a kill, and the log where another statement was cut: its owner must learn
 * of it, and the record has the rest.
 */
export async function announceEnd(
  { intent: { target, sessionId } }: Order,
  end: KillEnd | undefined,
  auditId: string | undefined,
): Promise<void> {
  const outcome = end?.outcome ?? 'unknown';
  count('Kills', { outcome });
  annotate({ outcome });
  if (outcome === 'cut-another') await log('error', 'another statement was cut', { target, sessionId, auditId });
}

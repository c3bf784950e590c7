import type { AuditStore } from '../audit/audit.ts';
import { AppError } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import { currentCorrelationId, step } from '../telemetry/call.ts';
import { toBareIntent } from './kill/intent.ts';
import type { SessionId } from './session.ts';

/** A principal is about to be shown statements with their literals. */
export interface Read {
  readonly principal: Principal;
  readonly target: string;
  /** Of one session; `null` for a list. */
  readonly id: SessionId | null;
  readonly filter: string | null;
  readonly count: number;
}

/** Records who reads statements with their literals. @throws AppError `audit-unavailable`: then they are not shown */
export async function recordRead(audit: AuditStore, { principal, target, id, filter, count }: Read): Promise<void> {
  const context = { principal, target, reason: null, correlationId: currentCorrelationId() };
  const intent = { ...toBareIntent({ id, kind: 'read' }, context), filter, count };
  try {
    await step('intent', () => audit.note(intent, { outcome: 'shown', proven: true, detail: null }));
  } catch (cause) {
    const detail = 'Statements are shown with their literals only where it is on record who reads them.';
    throw new AppError('audit-unavailable', { cause, detail });
  }
}

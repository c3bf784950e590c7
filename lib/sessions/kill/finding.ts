import type { KillEnd } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import { annotate } from '../../telemetry/call.ts';
import { log } from '../../telemetry/log.ts';
import { count } from '../../telemetry/samples.ts';
import type { Order } from './judge.ts';
import type { KillResult } from './outcome.ts';
import type { Settled } from './settle.ts';

/** What is known of one kill in the end: what became of it, or the failure that keeps us from knowing. */
export type Finding = Settled | AppError;

/** A failure that came before anything was sent for this kill. */
export class NotSent extends AppError {
  constructor(
    { code, cause, detail: own }: AppError,
    detail = own ?? 'Nothing was sent for this session, because the connection failed first.',
  ) {
    super(code, { cause, detail });
  }

  /** The failure of one that comes after what failed: a refusal of all says so of each. */
  static because(error: AppError): AppError {
    return isRefusal(error) ? error : new NotSent(error);
  }
}

/** What a rule forbade, no matter who asks. */
const isRefusal = ({ code }: AppError): boolean =>
  ['protected', 'identity-approximate', 'approval-needed', 'kills-stopped', 'too-many-kills'].includes(code);

/** The failures that say for certain that nothing was ended. After any other, KILLs of the same packet may have been taken. */
const isCertain = (error: AppError): boolean =>
  error instanceof NotSent || isRefusal(error) || ['target-privilege-missing', 'target-elsewhere'].includes(error.code);

/** What the audit record says; `undefined` leaves the intent open, for a sweep to ask the server or to mark it `unknown`. */
export function toAuditOutcome(finding: Finding | undefined): KillEnd | undefined {
  if (finding === undefined) return undefined;
  if (!(finding instanceof AppError)) return { outcome: finding.outcome, proven: finding.proven, detail: null };
  if (isRefusal(finding))
    return {
      outcome: 'refused',
      proven: false,
      detail: finding.code === 'protected' ? (finding.detail ?? finding.code) : finding.code,
    };
  return isCertain(finding) ? { outcome: 'failed', proven: false, detail: finding.code } : undefined;
}

/** To a caller, a connection that breaks in mid-kill must not look like one that never came about. */
const UNSURE = 'The kill may have been carried out. Its record stays open until the server is asked.';

/** What the caller is told. */
export function toAnswer(
  { demand, intent }: Order,
  finding: Finding | undefined,
  auditId: string,
  open: boolean,
  target: string,
): KillResult | AppError {
  if (finding === undefined || finding instanceof AppError) {
    const error = finding ?? new AppError('internal');
    const detail = error.detail ?? (isCertain(error) ? undefined : UNSURE);
    const { code, cause, retryAfter } = error;
    return new AppError(code, { cause, auditId, detail, ...(retryAfter !== undefined && { retryAfter }) });
  }
  if (finding.outcome === 'changed' && demand.tag !== null) return new AppError('tag-mismatch', { auditId });
  return {
    target,
    id: demand.id,
    kind: demand.kind,
    outcome: finding.outcome,
    identity: intent.identity,
    proven: finding.proven,
    auditId,
    hint: open ? `The outcome could not be recorded; the intent ${auditId} stays open.` : HINTS[finding.outcome],
  };
}

const HINTS: Readonly<Record<KillResult['outcome'], string | null>> = {
  terminated: null,
  'query-cancelled': null,
  'already-gone': 'It had ended by itself; nothing was ended.',
  changed: 'The ID now belongs to something else. Nothing was ended. List the sessions again.',
  pending:
    'The server took the kill and still works on it, most likely a rollback. Get the session again to see when it is gone; its record stays pending until then.',
  refused: null,
  'nothing-running': null,
  'cut-another': 'The statement had ended, and the next one of the same session was cut instead. Tell its owner.',
};

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

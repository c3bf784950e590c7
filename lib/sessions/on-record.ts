import type { AuditOutcome, AuditStore, Intent, RecordKind } from '../audit/audit.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Principal } from '../privileges/principal.ts';
import { currentCorrelationId, step } from '../telemetry/call.ts';
import { count } from '../telemetry/samples.ts';
import { type KillContext, toBareIntent, toIntent } from './kill/intent.ts';
import type { Demand, Verdict } from './kill/judge.ts';
import type { SessionId } from './session.ts';

/** A kill that was refused, and the rule or error code that refused it. */
export interface Refusal {
  readonly intent: Intent;
  readonly detail: string;
}

/** A refusal as it goes on record: of a session that the principal may not view it has nothing but what was asked for. */
export const toRefusal = (
  { session, code, detail = code }: Extract<Verdict, { readonly do: 'refused' }>,
  demand: Demand,
  context: KillContext,
): Refusal => ({
  intent: session === null ? toBareIntent(demand, context) : toIntent(session, demand.kind, context),
  detail: code === 'protected' ? detail : code,
});

/**
 * Records refusals, all at once. That they cannot be recorded does not make them kills, so they stand either way.
 *
 * @returns the IDs of their records, in their order; `undefined` for those that could not be recorded
 */
export async function recordRefusals(
  audit: AuditStore,
  refusals: readonly Refusal[],
): Promise<readonly (string | undefined)[]> {
  if (refusals.length === 0) return [];
  count('Kills', { outcome: 'refused' }, refusals.length);
  try {
    const ids = await audit.beginAll(refusals.map(({ intent }) => intent));
    // Of a tag too: what is there now has not changed, and the caller meant another.
    const outcomeOf = ({ detail }: Refusal): AuditOutcome => ({ outcome: 'refused', proven: false, detail });
    const outcomes = refusals.flatMap((refusal, place) => {
      const id = ids[place];
      // Stryker disable next-line ArrayDeclaration,ConditionalExpression: each intent has an ID
      if (id === undefined) return [];
      return [[id, outcomeOf(refusal)] as const];
    });
    const open = new Set(await audit.finishAll(new Map(outcomes)));
    return ids.map((id) => (open.has(id) ? undefined : id));
  } catch {
    return refusals.map(() => undefined);
  }
}

/** Records a demand that was refused before anything was looked at: a stranger to the target, or while all kills are stopped. */
export const recordAttempts = (
  audit: AuditStore,
  context: Omit<KillContext, 'escalateAfter'>,
  demands: readonly { readonly id: SessionId | null; readonly kind: RecordKind }[],
  code: ErrorCode,
) =>
  recordRefusals(
    audit,
    demands.map((demand) => ({ intent: toBareIntent(demand, context), detail: code })),
  );

/** A principal is about to be shown statements with their literals. */
interface Read {
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

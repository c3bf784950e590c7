import type { AuditOutcome, AuditStore, Intent } from '../audit/audit.ts';
import { count } from '../telemetry/samples.ts';

/** A kill that was refused, and the rule or error code that refused it. */
export interface Refusal {
  readonly intent: Intent;
  readonly detail: string;
}

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

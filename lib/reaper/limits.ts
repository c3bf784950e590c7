import type { Services } from '../services.ts';
import { type KillContext, toIntent } from '../sessions/kill/intent.ts';
import { log } from '../telemetry/log.ts';
import { count } from '../telemetry/samples.ts';
import type { Chosen } from './choose.ts';
import type { Reaper } from './policy-schema.ts';
import type { ReapRequest } from './report.ts';
import { inPercent } from './units.ts';

/**
 * The limit that so many victims are past, for a person; `null` where they are within all.
 *
 * @param sessions - all that the server lists, ours not counted
 */
export function heldBy({ limits }: Reaper, victims: number, sessions: number): string | null {
  const { perRun, share: most = Number.POSITIVE_INFINITY } = limits;
  if (victims > perRun) return `perRun: ${victims} victims, at most ${perRun}`;
  const share = sessions > 0 ? victims / sessions : 0;
  return share > most
    ? `share: ${victims} of ${sessions} sessions are ${inPercent(share)}, at most ${inPercent(most)}`
    : null;
}

/** Puts on record, as the refusal of the first victim, that a limit held the run back. */
export async function recordHeld(
  services: Services,
  by: Pick<KillContext, 'target' | 'principal' | 'reaper' | 'correlationId'>,
  victims: readonly Chosen[],
  held: string,
): Promise<void> {
  const [first] = victims;
  // Stryker disable next-line ConditionalExpression: what is past a limit has victims
  if (first === undefined) return;
  const context = { ...by, reason: `limit ${held}`, escalateAfter: null };
  const id = await services.audit.begin(toIntent(first.session, 'connection', context));
  await services.audit.finish(id, { outcome: 'refused', proven: false, detail: held });
}

/** Says loudly that a limit, or the state of warnings, held a run back: an error in the log, and a metric that an alarm of the deployment looks at. */
export async function announceHeld({ target, reaper, correlationId }: ReapRequest, held: string): Promise<void> {
  count('ReapersHeld', { limit: (['share', 'state'] as const).find((name) => held.startsWith(name)) ?? 'perRun' });
  await log('error', 'reaper held', { target, reaper, correlationId, held });
}

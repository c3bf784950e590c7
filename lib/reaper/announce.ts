import { log } from '../telemetry/log.ts';
import { count } from '../telemetry/samples.ts';
import type { ReapRequest } from './reap.ts';

/** Says loudly that a limit, or the state of warnings, held a run back: an error in the log, and a metric that an alarm of the deployment looks at. */
export async function announceHeld({ target, reaper, correlationId }: ReapRequest, held: string): Promise<void> {
  count('ReapersHeld', { limit: (['share', 'state'] as const).find((name) => held.startsWith(name)) ?? 'perRun' });
  await log('error', 'reaper held', { target, reaper, correlationId, held });
}

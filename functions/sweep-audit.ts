import { type SweepResult, sweepAudit } from '../lib/audit/sweep.ts';
import { type Services, services } from '../lib/services.ts';

/** What one target may take at most, so that the function ends before Lambda ends it. */
const RESERVE_MS = 30_000;

/** On a schedule: gives open intents of the record their outcome. It fails only if the record itself cannot be read. */
export const createHandler =
  (load: () => Promise<Services>) =>
  async (_event: unknown, context?: { getRemainingTimeInMillis(): number }): Promise<SweepResult> =>
    sweepAudit(await load(), {
      isOver: () => context !== undefined && context.getRemainingTimeInMillis() < RESERVE_MS,
    });

/** What Lambda calls. */
export const handler = createHandler(services);

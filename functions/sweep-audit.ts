import { type SweepResult, sweepAudit } from '../lib/audit/sweep.ts';
import type { Services } from '../lib/services.ts';
import { observed } from '../lib/telemetry/observe.ts';
import { services } from './wiring/deployed-services.ts';

/** What one target may take at most, so that the function ends before Lambda ends it. */
const RESERVE_MS = 30_000;

/** On a schedule: gives open intents of the record their outcome. It fails only if the record itself cannot be read. */
export const createHandler = (load: () => Promise<Services>) =>
  observed(
    async (_event: unknown, invocation): Promise<SweepResult> =>
      sweepAudit(await load(), { isOver: () => (invocation.getRemainingTimeInMillis?.() ?? RESERVE_MS) < RESERVE_MS }),
  );

/** What Lambda calls. */
export const handler = createHandler(services);

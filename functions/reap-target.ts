import type { FleetServices, ReapBatch, ReapBatchAnswer } from '../lib/fleet/work-batch.ts';
import { runScheduled } from '../lib/reaper/reap.ts';
import type { ReapReport } from '../lib/reaper/report.ts';
import type { Services } from '../lib/services.ts';
import { observed } from '../lib/telemetry/observe.ts';
import { services } from './wiring/deployed-services.ts';
import { fleetServices } from './wiring/fleet-services.ts';

const isBatch = (event: unknown): event is ReapBatch =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records);

/**
 * Called by SQS with the planner's messages: works them off and names those that failed. Called with
 * `{ "target": …, "reaper": … }`: runs the reaper on the target in the mode that the configuration says.
 */
export const createHandler = (load: () => Promise<Services>, loadFleet: () => Promise<FleetServices> = fleetServices) =>
  observed(async (event: unknown): Promise<ReapReport | ReapBatchAnswer> => {
    if (!isBatch(event)) return runScheduled(await load(), event);
    const { workBatch } = await import('../lib/fleet/work-batch.ts');
    return workBatch(await loadFleet(), event);
  });

/** What Lambda calls. */
export const handler = createHandler(services);

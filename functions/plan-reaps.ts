import { planReaps, scheduledMinute } from '../lib/fleet/plan-reaps.ts';
import { observed } from '../lib/telemetry/observe.ts';
import { count } from '../lib/telemetry/samples.ts';
import { type PlannerServices, plannerServices } from './wiring/planner-services.ts';

/** Called by the schedule every minute, with that minute: puts a message on the queue for each reaper and target that are due. */
export const createHandler = (load: () => Promise<PlannerServices>) =>
  observed(async (event: unknown): Promise<{ readonly planned: number }> => {
    const minute = scheduledMinute(event);
    const { config, targets, stopped, queue } = await load();
    const names = (await targets.list()).map(({ name }) => name);
    const orders = planReaps(config.reapers, names, minute, await stopped());
    await queue.send(orders);
    count('OrdersPlanned', {}, orders.length);
    return { planned: orders.length };
  });

/** What Lambda calls. */
export const handler = createHandler(plannerServices);

import type { FleetServices } from '../../lib/fleet/work-batch.ts';
import { services } from './deployed-services.ts';
import { loadOnce } from './environment.ts';
import { reapQueueOf } from './planner-services.ts';

/** What `reap-target` needs for messages: the queue too. @throws AppError `configuration-invalid` */
export const fleetServices = loadOnce(async (env): Promise<FleetServices> => {
  const queue = reapQueueOf(env);
  return { ...(await services()), queue };
});

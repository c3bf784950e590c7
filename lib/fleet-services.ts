import { services } from './deployed-services.ts';
import type { ReapQueue } from './fleet/reap-queue.ts';
import { loadOnce } from './function-environment.ts';
import { reapQueueOf } from './planner-services.ts';
import type { Services } from './services.ts';

/** What a worker needs besides the use cases' services. */
export interface FleetServices extends Services {
  readonly queue: ReapQueue;
}

/** What `reap-target` needs for messages: the queue too. @throws AppError `configuration-invalid` */
export const fleetServices = loadOnce(async (env): Promise<FleetServices> => {
  const queue = reapQueueOf(env);
  return { ...(await services()), queue };
});

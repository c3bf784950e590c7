import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { AWS_LIMITS } from './aws-limits.ts';
import { services } from './deployed-services.ts';
import { createDynamoDbLeaseStore } from './fleet/dynamodb-lease-store.ts';
import type { LeaseStore } from './fleet/lease.ts';
import type { ReapQueue } from './fleet/reap-queue.ts';
import { loadOnce, named } from './function-environment.ts';
import { reapQueueOf } from './planner-services.ts';
import type { Services } from './services.ts';

/** What a worker needs besides the use cases' services. */
export interface FleetServices extends Services {
  readonly queue: ReapQueue;
  readonly leases: LeaseStore;
}

/** What `reap-target` needs for messages: the queue, and leases in `STATE_TABLE`. @throws AppError `configuration-invalid` */
export const fleetServices = loadOnce(async (env): Promise<FleetServices> => {
  const table = named(env, 'STATE_TABLE');
  const queue = reapQueueOf(env);
  const leases = createDynamoDbLeaseStore({ client: new DynamoDBClient(AWS_LIMITS), table });
  return { ...(await services()), queue, leases };
});

import { AWS_LIMITS } from './aws-limits.ts';
import type { LeaseStore } from './fleet/lease.ts';
import type { ReapQueue } from './fleet/reap-queue.ts';
import { loadOnce, named } from './function-environment.ts';
import { type Services, services } from './services.ts';

/** What the planner needs besides the use cases' services. */
export interface PlannerServices extends Services {
  readonly queue: ReapQueue;
}

/** What a worker needs: the planner's, and the leases. */
export interface FleetServices extends PlannerServices {
  readonly leases: LeaseStore;
}

/** What `plan-reaps` needs: the queue at `REAP_QUEUE_URL`. @throws AppError `configuration-invalid` */
export const plannerServices = loadOnce(async (env): Promise<PlannerServices> => {
  const url = named(env, 'REAP_QUEUE_URL');
  const [base, { SQSClient }, { createSqsReapQueue }] = await Promise.all([
    services(),
    import('@aws-sdk/client-sqs'),
    import('./fleet/sqs-reap-queue.ts'),
  ]);
  return { ...base, queue: createSqsReapQueue({ client: new SQSClient(AWS_LIMITS), url }) };
});

/** What `reap-target` needs for messages: the queue, and leases in `STATE_TABLE`. @throws AppError `configuration-invalid` */
export const fleetServices = loadOnce(async (env): Promise<FleetServices> => {
  const table = named(env, 'STATE_TABLE');
  const [base, { DynamoDBClient }, { createDynamoDbLeaseStore }] = await Promise.all([
    plannerServices(),
    import('@aws-sdk/client-dynamodb'),
    import('./fleet/dynamodb-lease-store.ts'),
  ]);
  return { ...base, leases: createDynamoDbLeaseStore({ client: new DynamoDBClient(AWS_LIMITS), table }) };
});
